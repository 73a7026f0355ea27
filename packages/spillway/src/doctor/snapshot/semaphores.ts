/**
 * Waits for semaphores, and for locks in memory that processes share. The kernel does not tell who could end
 * such a wait; but only a process that has the memory mapped can, and of a System V semaphore it tells the
 * process that changed it last.
 */
import type { ProcFiles } from '../../system/index.js';
import type { BlockedCall, ProcessRecord, SemaphoreRecord, ThreadRecord } from './snapshot.js';

/** Of struct sembuf: two bytes each for the number of the semaphore, the operation and flags. */
const OPERATION_BYTES = 6;
/** SEMOPM, the default. */
const MOST_OPERATIONS = 500;

export interface SemaphoreSources {
  readonly proc: ProcFiles;
  /** All processes but kernel threads. */
  readonly pids: () => readonly number[];
  readonly isAlive: (pid: number) => boolean;
  /** The last process to change a System V semaphore. */
  readonly lastUser: (set: number, index: number) => number | undefined;
}

export class Semaphores {
  readonly #sources: SemaphoreSources;
  readonly #users: Users;
  readonly found: SemaphoreRecord[] = [];

  constructor(sources: SemaphoreSources) {
    this.#sources = sources;
    this.#users = new Users(sources);
  }

  /** Adds the waits of this process. */
  add(record: ProcessRecord): void {
    for (const thread of record.threads) {
      const one = this.#recordOf(record, thread);
      if (one) this.found.push(one);
    }
  }

  #recordOf(record: ProcessRecord, { tid, call }: ThreadRecord): SemaphoreRecord | undefined {
    if (!call || call.hasTimeout) return undefined;
    if (call.name === 'semop' || call.name === 'semtimedop') return systemV(this.#sources, record, tid, call);
    if (call.name !== 'futex' || !call.isShared) return undefined;
    // pthread_join(3).
    if (record.threads.some((one) => (one.innerTid ?? one.tid) === call.owner)) return undefined;
    const memory = sharedMemoryAt(this.#sources.proc, record.pid, BigInt(call.args[0] ?? 0));
    if (!memory) return undefined;
    const { key, path } = memory;
    const common = { waiter: record.pid, tid, key, ...(path !== undefined && { path }) };
    const owner = call.owner && record.innerPid === undefined ? call.owner : undefined;
    if (owner !== undefined && !this.#sources.isAlive(owner))
      return { ...common, users: [], endedUser: owner };
    return { ...common, users: this.#users.of(key).filter((pid) => pid !== record.pid) };
  }
}

/**
 * A semaphore that has still no room for the waiter was taken by the process that changed it last: a release
 * would have let the waiter go on, which would then be the last itself.
 */
function systemV(
  { proc, isAlive, lastUser }: SemaphoreSources,
  { pid }: ProcessRecord,
  tid: number,
  { args }: BlockedCall,
): SemaphoreRecord | undefined {
  const [set, address, count] = [Number(args[0]), BigInt(args[1] ?? 0), Number(args[2])];
  if (count > MOST_OPERATIONS) return undefined;
  const operations = proc.bytes(`${pid}/mem`, address, count * OPERATION_BYTES);
  for (let at = 0; operations && at + OPERATION_BYTES <= operations.length; at += OPERATION_BYTES) {
    const index = operations.readUInt16LE(at);
    // An operation that adds does not wait.
    if (operations.readInt16LE(at + 2) > 0) continue;
    const last = lastUser(set, index);
    if (last !== undefined && last !== pid && !isAlive(last))
      return { waiter: pid, tid, key: `semaphore:${set}:${index}`, users: [], endedUser: last };
  }
  return undefined;
}

/** Undefined for memory of the process alone. */
function sharedMemoryAt(
  proc: ProcFiles,
  pid: number,
  address: bigint,
): { readonly key: string; readonly path?: string } | undefined {
  for (const line of (proc.text(`${pid}/maps`) ?? '').split('\n')) {
    const found = MAPPING.exec(line);
    if (!found) continue;
    const [, from, to, rights, device, inode, path = ''] = found as unknown as string[];
    if (address < BigInt(`0x${from}`) || address >= BigInt(`0x${to}`)) continue;
    if (!rights?.endsWith('s') || inode === '0') return undefined;
    return { key: `memory:${device} ${inode}`, ...(path !== '' && { path }) };
  }
  return undefined;
}

/** A line of /proc/PID/maps (proc_pid_maps(5)): addresses, rights, offset, device, inode, path. */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ (\S+) (\d+) *(.*)$/;

/** The processes that have a memory mapped; read on demand, for it takes a file for each process. */
class Users {
  readonly #sources: SemaphoreSources;
  #byKey: Map<string, number[]> | undefined;

  constructor(sources: SemaphoreSources) {
    this.#sources = sources;
  }

  of(key: string): readonly number[] {
    this.#byKey ??= this.#read();
    return this.#byKey.get(key) ?? [];
  }

  #read(): Map<string, number[]> {
    const found = new Map<string, number[]>();
    for (const pid of this.#sources.pids()) {
      const text = this.#sources.proc.text(`${pid}/maps`) ?? '';
      const mappings = [...text.matchAll(SHARED_MAPPING)];
      for (const key of new Set(mappings.map(([, device, inode]) => `memory:${device} ${inode}`))) {
        const users = found.get(key);
        if (users) users.push(pid);
        else found.set(key, [pid]);
      }
    }
    return found;
  }
}

const SHARED_MAPPING = /^\S+ \S\S\Ss \S+ (\S+) (\d+)/gm;
