/**
 * Takes a snapshot: the requested trees, and the processes that hold the other ends of their pipes. It only
 * reads: no process is stopped, woken or signalled. It runs synchronously, so that little changes between the
 * first read and the last.
 */

import { release } from 'node:os';
import { dateNow, ownProperties } from '../../base/index.js';
import {
  lastUserOfSemaphore,
  type ProcFiles,
  procFiles,
  type UnixSocket,
  unixSockets,
} from '../../system/index.js';
import { connectionRecords } from './connections.js';
import { descriptorsOf, field, withDirections } from './descriptors.js';
import { DoctorError } from './error.js';
import { lockRecords } from './locks.js';
import { pipeRecord } from './pipes.js';
import { briefRecord, processRecord, type Stat, statOf } from './process-record.js';
import { otherKeys, pipeInode, resourceKey } from './resources.js';
import { Semaphores } from './semaphores.js';
import type {
  DescriptorRecord,
  Host,
  PipeRecord,
  ProcessRecord,
  SemaphoreRecord,
  Snapshot,
  SocketRecord,
} from './snapshot.js';
import { addForeignSockets, unixSocketTable } from './sockets.js';
import { waitedDescriptors } from './waited.js';

export interface SnapshotOptions {
  /** Processes to examine, each with all its descendants. Default: every visible process. */
  readonly pids?: readonly number[] | undefined;
  /** A pid that does not exist is then ignored. */
  readonly mayHaveEnded?: boolean | undefined;
}

export interface Sources {
  readonly proc: ProcFiles;
  /** All UNIX sockets, from the kernel. */
  readonly sockets: () => UnixSocket[] | undefined;
}

/**
 * Takes a snapshot. Throws DoctorError: `ERR_DOCTOR_NO_PROC`, or `ERR_DOCTOR_NO_PROCESS` for a pid that does
 * not exist.
 */
export function takeSnapshot(options: SnapshotOptions = {}): Snapshot {
  return snapshotFrom({ proc: procFiles(), sockets: unixSockets }, options);
}

/** Like `takeSnapshot`, from other sources. */
export function snapshotFrom(sources: Sources, options: SnapshotOptions = {}): Snapshot {
  return new Collector(sources, options).take();
}

class Collector {
  readonly #proc: ProcFiles;
  readonly #roots: readonly number[] | undefined;
  readonly #mayHaveEnded: boolean;
  readonly #sockets: Map<number, SocketRecord>;
  readonly #stats = new Map<number, Stat>();
  readonly #records = new Map<number, ProcessRecord>();
  /** Holders outside the trees, by key; read once, and only on demand. */
  #outside: Map<string, number[]> | undefined;
  #childrenOf: Map<number, number[]> | undefined;
  readonly #links = new Map<number, readonly DescriptorRecord[] | undefined>();

  constructor({ proc, sockets }: Sources, options: SnapshotOptions) {
    const { pids, mayHaveEnded = false } = ownProperties(options);
    this.#mayHaveEnded = mayHaveEnded;
    this.#proc = proc;
    this.#roots = pids;
    this.#sockets = unixSocketTable(proc, sockets);
  }

  take(): Snapshot {
    const takenAt = dateNow().toISOString();
    const began = process.hrtime.bigint();
    this.#readStats();
    const roots = this.#roots?.map((pid) => this.#processOf(pid) ?? pid);
    for (const pid of roots ? this.#trees(roots) : this.#stats.keys()) this.#record(pid, true);
    addForeignSockets(this.#sockets, this.#proc, [...this.#records.values()]);
    const semaphores = this.#semaphores();
    if (roots) {
      this.#addHolders();
      this.#addAncestors();
    }
    const processes = [...this.#records.values()];
    const locks = lockRecords(this.#proc, processes);
    if (roots) {
      for (const { waiter, owners } of locks)
        if (this.#records.has(waiter)) for (const pid of owners) this.#record(pid, false);
    }
    const pipes = waitedPipes(this.#records.values());
    const all = [...this.#records.values()].map((record) => withDirections(this.#proc, record, pipes));
    return {
      monotonicMs: Number(began / 1000n) / 1000,
      takenAt,
      host: this.#host(),
      roots,
      processes: all,
      pipes: pipesOf(all, pipes),
      sockets: this.#socketsOf(all),
      locks: locks.filter(({ waiter }) => this.#records.has(waiter)),
      semaphores,
      ...(roots && { connections: connectionRecords(this.#proc, inTrees(all), this.#sockets) }),
      durationMs: Number((process.hrtime.bigint() - began) / 1000n) / 1000,
    };
  }

  #readStats(): void {
    const names = this.#proc.names('.')?.filter((name) => /^\d+$/.test(name));
    if (!names?.length) {
      throw new DoctorError(
        'ERR_DOCTOR_NO_PROC',
        `there is no /proc with processes here (${process.platform}): ` +
          'a diagnosis needs Linux with proc(5) mounted',
      );
    }
    for (const name of names) {
      const stat = statOf(this.#proc, Number(name));
      if (stat) this.#stats.set(stat.pid, stat);
    }
  }

  /** Accepts a thread id, which ps(1) also shows, for its process. */
  #processOf(pid: number): number | undefined {
    if (this.#stats.has(pid)) return pid;
    const leader = Number(field(this.#proc.text(`${pid}/status`) ?? '', 'Tgid'));
    if (leader > 0 && this.#stats.has(leader)) return leader;
    if (this.#mayHaveEnded) return undefined;
    throw new DoctorError('ERR_DOCTOR_NO_PROCESS', `there is no process ${pid}`);
  }

  #trees(roots: readonly number[]): Set<number> {
    const children = this.#children();
    const found = new Set(roots);
    for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
    return found;
  }

  #children(): Map<number, number[]> {
    if (this.#childrenOf) return this.#childrenOf;
    const children = new Map<number, number[]>();
    for (const { pid, parent } of this.#stats.values()) {
      const siblings = children.get(parent);
      if (siblings) siblings.push(pid);
      else children.set(parent, [pid]);
    }
    this.#childrenOf = children;
    return children;
  }

  #record(pid: number, isInTree: boolean): ProcessRecord | undefined {
    const known = this.#records.get(pid);
    if (known) return known;
    const stat = this.#stats.get(pid);
    const descriptors = this.#links.get(pid);
    const record =
      stat && processRecord(this.#proc, stat, { isInTree, architecture: process.arch, descriptors });
    if (record) this.#records.set(pid, record);
    return record;
  }

  /**
   * Records holders of the other ends that recorded processes wait on, and those that these wait on in turn.
   */
  #addHolders(): void {
    const peerOf = (inode: number) => this.#sockets.get(inode)?.peer;
    // The iteration includes records added meanwhile.
    for (const record of this.#records.values()) {
      if (!record.isInTree && record.threads.some(({ call }) => call?.name.startsWith('wait')))
        for (const pid of this.#children().get(record.pid) ?? []) this.#record(pid, false);
      for (const descriptor of waitedDescriptors(record)) {
        const key = resourceKey(descriptor);
        if (key === undefined) continue;
        for (const other of otherKeys(key, peerOf))
          for (const pid of this.#holders(other)) this.#record(pid, false);
      }
    }
  }

  /** Records the other users of what a recorded process waits for, and what these wait for in turn. */
  #semaphores(): SemaphoreRecord[] {
    const isAlive = (pid: number) => {
      const stat = this.#stats.get(pid);
      return stat ? stat.state !== 'Z' && stat.state !== 'X' : this.#proc.text(`${pid}/stat`) !== undefined;
    };
    const pids = () => [...this.#stats.values()].filter((one) => !one.isKernelThread).map(({ pid }) => pid);
    const semaphores = new Semaphores({ proc: this.#proc, pids, isAlive, lastUser: lastUserOfSemaphore });
    // The iteration includes records added meanwhile.
    for (const record of this.#records.values()) {
      const before = semaphores.found.length;
      semaphores.add(record);
      for (const { users } of semaphores.found.slice(before))
        for (const pid of users) this.#record(pid, false);
    }
    return semaphores.found;
  }

  #holders(key: string): readonly number[] {
    this.#outside ??= this.#readOutside();
    return this.#outside.get(key) ?? [];
  }

  #readOutside(): Map<string, number[]> {
    const found = new Map<string, number[]>();
    for (const stat of this.#stats.values()) {
      if (stat.isKernelThread || this.#records.has(stat.pid)) continue;
      const links = descriptorsOf(this.#proc, stat.pid);
      this.#links.set(stat.pid, links);
      // Only the keys: most processes are unrelated and stay out of the snapshot. All masters of terminals
      // have the same target, so their index comes from fdinfo.
      for (const link of links ?? []) {
        const isMaster = link.target.endsWith('/ptmx');
        const info = isMaster ? this.#proc.text(`${stat.pid}/fdinfo/${link.fd}`) : undefined;
        const key = isMaster ? `terminal:${field(info ?? '', 'tty-index')}` : resourceKey(link);
        if (key === undefined) continue;
        const holders = found.get(key);
        if (!holders) found.set(key, [stat.pid]);
        else if (holders.at(-1) !== stat.pid) holders.push(stat.pid);
      }
    }
    return found;
  }

  /**
   * Adds ancestors for their names. A relevant holder among them is recorded already, unless it cannot be
   * read.
   */
  #addAncestors(): void {
    for (const { parent } of [...this.#records.values()]) {
      for (let stat = this.#stats.get(parent); stat; stat = this.#stats.get(stat.parent)) {
        if (this.#records.has(stat.pid)) break;
        const isHidden = this.#links.has(stat.pid) && !this.#links.get(stat.pid);
        this.#records.set(stat.pid, briefRecord(this.#proc, stat, isHidden));
      }
    }
  }

  #socketsOf(processes: readonly ProcessRecord[]): SocketRecord[] {
    const found = new Map<number, SocketRecord>();
    for (const { descriptors = [] } of processes) {
      for (const { target } of descriptors) {
        if (!target.startsWith('socket:[')) continue;
        const one = this.#sockets.get(Number(target.slice(8, -1)));
        if (one) found.set(one.inode, one);
      }
    }
    return [...found.values()];
  }

  #host(): Host {
    const scope = this.#proc.text('sys/kernel/yama/ptrace_scope');
    return {
      kernel: release(),
      architecture: process.arch,
      observer: { pid: process.pid, uid: process.geteuid?.() ?? -1 },
      ptraceScope: scope === undefined ? undefined : Number(scope),
      processCount: this.#stats.size,
    };
  }
}

function inTrees(processes: readonly ProcessRecord[]): ProcessRecord[] {
  return processes.filter(({ isInTree }) => isInTree);
}

/** Targets of the pipes that a thread waits on. */
function waitedPipes(processes: Iterable<ProcessRecord>): Set<string> {
  const found = new Set<string>();
  for (const record of processes)
    for (const { target } of waitedDescriptors(record)) if (target.startsWith('pipe:')) found.add(target);
  return found;
}

/** Records for these pipes, as far as a reader is visible. */
function pipesOf(processes: readonly ProcessRecord[], pipes: ReadonlySet<string>): PipeRecord[] {
  const found = new Map<string, PipeRecord>();
  for (const { pid, descriptors = [] } of processes) {
    for (const { fd, target, access } of descriptors) {
      if (access !== 'read' || !pipes.has(target) || found.has(target)) continue;
      const record = pipeRecord(pipeInode(target) as number, { pid, fd });
      if (record) found.set(target, record);
    }
  }
  return [...found.values()];
}
