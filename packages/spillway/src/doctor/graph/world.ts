/** A snapshot with its indexes: who is whose child, and who holds which end of what. */
import {
  type DescriptorRecord,
  type ProcessRecord,
  pipeInode,
  resourceKey,
  type Snapshot,
  type SocketRecord,
  socketInode,
} from '../snapshot/index.js';

/** A descriptor, and whose it is. */
export interface Holder {
  readonly pid: number;
  readonly descriptor: DescriptorRecord;
}

const NO_HOLDERS: readonly Holder[] = [];
/** The device number of /dev/pts/N is 136:N (Documentation/admin-guide/devices.txt). */
const PTS_MAJOR = 136;

export class World {
  readonly snapshot: Snapshot;
  readonly #processes: ReadonlyMap<number, ProcessRecord>;
  readonly #children = new Map<number, ProcessRecord[]>();
  readonly #holders = new Map<string, Holder[]>();
  readonly #sockets: ReadonlyMap<number, SocketRecord>;
  readonly #descriptors = new Map<number, ReadonlyMap<number, DescriptorRecord>>();

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
    this.#processes = new Map(snapshot.processes.map((one) => [one.pid, one]));
    this.#sockets = new Map(snapshot.sockets.map((one) => [one.inode, one]));
    for (const record of snapshot.processes) {
      const siblings = this.#children.get(record.parent);
      if (siblings) siblings.push(record);
      else this.#children.set(record.parent, [record]);
      for (const descriptor of record.descriptors ?? []) this.#hold(record, descriptor);
    }
  }

  get processes(): Iterable<ProcessRecord> {
    return this.snapshot.processes;
  }

  process(pid: number): ProcessRecord | undefined {
    return this.#processes.get(pid);
  }

  childrenOf(pid: number): readonly ProcessRecord[] {
    return this.#children.get(pid) ?? [];
  }

  descriptor(pid: number, fd: number): DescriptorRecord | undefined {
    let all = this.#descriptors.get(pid);
    if (!all) {
      all = new Map(this.process(pid)?.descriptors?.map((one) => [one.fd, one]));
      this.#descriptors.set(pid, all);
    }
    return all.get(fd);
  }

  /** Everybody with a descriptor of this, whichever end it is. */
  holders(key: string): readonly Holder[] {
    return this.#holders.get(key) ?? NO_HOLDERS;
  }

  /** Those who can write into a pipe. */
  writers(key: string): readonly Holder[] {
    return this.holders(key).filter(({ descriptor }) => descriptor.access !== 'read');
  }

  readers(key: string): readonly Holder[] {
    return this.holders(key).filter(({ descriptor }) => descriptor.access !== 'write');
  }

  /** The UNIX socket that a descriptor leads to; undefined for the network's. */
  socket(target: string): SocketRecord | undefined {
    const inode = socketInode(target);
    return inode === undefined ? undefined : this.#sockets.get(inode);
  }

  pipe(target: string) {
    const inode = pipeInode(target);
    return inode === undefined ? undefined : this.snapshot.pipes.find((one) => one.inode === inode);
  }

  isAncestor(ancestor: number, of: number): boolean {
    const seen = new Set<number>();
    for (let at = this.process(of); at && !seen.has(at.pid); at = this.process(at.parent)) {
      if (at.parent === ancestor) return true;
      seen.add(at.pid);
    }
    return false;
  }

  #hold(record: ProcessRecord, descriptor: DescriptorRecord): void {
    const key = resourceKey(resolved(record, descriptor));
    if (key === undefined) return;
    const holders = this.#holders.get(key);
    const holder = { pid: record.pid, descriptor };
    if (holders) holders.push(holder);
    else this.#holders.set(key, [holder]);
  }
}

/** /dev/tty is whatever terminal controls the process. */
export function resolved(record: ProcessRecord, descriptor: DescriptorRecord): DescriptorRecord {
  if (descriptor.target !== '/dev/tty') return descriptor;
  const index = terminalIndex(record.terminal);
  return index === undefined ? descriptor : { ...descriptor, target: `/dev/pts/${index}` };
}

/** The N of /dev/pts/N, from the number in /proc/PID/stat: the minor number's bits stand on both sides of the major's. */
export function terminalIndex(device: number): number | undefined {
  if (((device >> 8) & 0xfff) !== PTS_MAJOR) return undefined;
  return (device & 0xff) | ((device >> 12) & 0xfff00);
}

/** A thread-group leader may have ended before its other threads: that is no zombie. */
export function isZombie({ state, threads }: ProcessRecord): boolean {
  return (
    (state === 'Z' || state === 'X') &&
    threads.every((thread) => thread.state === 'Z' || thread.state === 'X')
  );
}
