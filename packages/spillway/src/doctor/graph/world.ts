/** A snapshot with indexes: children by parent, and holders by pipe, socket or terminal. */
import {
  type DescriptorRecord,
  type ProcessRecord,
  pipeInode,
  resourceKey,
  type SemaphoreRecord,
  type Snapshot,
  type SocketRecord,
  socketInode,
} from '../snapshot/index.js';

/** A descriptor and its process. */
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

  /** All processes with a descriptor for this, at either end. */
  holders(key: string): readonly Holder[] {
    return this.#holders.get(key) ?? NO_HOLDERS;
  }

  /** Holders that can write into a pipe. */
  writers(key: string): readonly Holder[] {
    return this.holders(key).filter(({ descriptor }) => descriptor.access !== 'read');
  }

  readers(key: string): readonly Holder[] {
    return this.holders(key).filter(({ descriptor }) => descriptor.access !== 'write');
  }

  /** The UNIX socket of a descriptor; undefined for network sockets. */
  socket(target: string): SocketRecord | undefined {
    const inode = socketInode(target);
    return inode === undefined ? undefined : this.#sockets.get(inode);
  }

  pipe(target: string) {
    const inode = pipeInode(target);
    return inode === undefined ? undefined : this.snapshot.pipes.find((one) => one.inode === inode);
  }

  /** What this thread waits for. */
  semaphore(tid: number): SemaphoreRecord | undefined {
    return this.snapshot.semaphores?.find((one) => one.tid === tid);
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

/** Replaces /dev/tty by the process's controlling terminal. */
export function resolved(record: ProcessRecord, descriptor: DescriptorRecord): DescriptorRecord {
  if (descriptor.target !== '/dev/tty') return descriptor;
  const index = terminalIndex(record.terminal);
  return index === undefined ? descriptor : { ...descriptor, target: `/dev/pts/${index}` };
}

/**
 * N of /dev/pts/N, from the device number in /proc/PID/stat: the minor's bits surround the major's
 * (proc_pid_stat(5)).
 */
export function terminalIndex(device: number): number | undefined {
  if (((device >> 8) & 0xfff) !== PTS_MAJOR) return undefined;
  return (device & 0xff) | ((device >> 12) & 0xfff00);
}

/** A thread-group leader that has ended before its other threads is not a zombie. */
export function isZombie({ state, threads }: ProcessRecord): boolean {
  return (
    (state === 'Z' || state === 'X') &&
    threads.every((thread) => thread.state === 'Z' || thread.state === 'X')
  );
}
