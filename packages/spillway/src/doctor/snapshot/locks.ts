/** Which process waits for which owner's lock on a file (proc_locks(5)). */
import type { ProcFiles } from '../../system/index.js';
import { field } from './descriptors.js';
import type { LockRecord, ProcessRecord } from './snapshot.js';

const KINDS: Readonly<Record<string, LockRecord['kind']>> = {
  FLOCK: 'flock',
  POSIX: 'fcntl',
  OFDLCK: 'ofd',
  LEASE: 'lease',
};

/** Calls that wait for locks; opening a file waits for its lease (F_SETLEASE, fcntl(2)). */
const WAITS = /^(?:flock|fcntl|open|creat)/;

/**
 * The waiters in /proc/locks, each with the owner of the lock. Reads the file only if a process may be
 * waiting: the kernel stops all locking for a read and synchronizes with every processor, which takes 10 ms
 * or more.
 */
export function lockRecords(proc: ProcFiles, processes: readonly ProcessRecord[]): LockRecord[] {
  if (!processes.some(mayWait)) return [];
  const found: LockRecord[] = [];
  let held: { owner: number; kind: LockRecord['kind']; file: string } | undefined;
  for (const line of (proc.text('locks') ?? '').split('\n')) {
    // `1: FLOCK  ADVISORY  WRITE 4711 00:1b:99 0 EOF`, followed by `1: -> FLOCK …` for each waiter.
    const match = /^\d+:( ->)? (\w+)\s+\S+\s+\S+ (-?\d+) (\S+)/.exec(line);
    const kind = KINDS[match?.[2] ?? ''];
    if (!match || !kind) continue;
    const [, waits, , owner, place] = match;
    const file = place as string;
    if (!waits) held = { owner: Number(owner), kind, file };
    else if (held) found.push({ kind, waiter: Number(owner), owners: [held.owner], file });
  }
  return found.map((lock) => completed(lock, proc, processes));
}

function mayWait({ threads }: ProcessRecord): boolean {
  return threads.some(({ call }) => call && WAITS.test(call.name));
}

/**
 * Adds the path and the real owners. The kernel names the process that took the lock. A flock(2) lock belongs
 * to the open file, so processes that inherited it own it too, and the one that took it may have ended, as
 * with `flock FILE COMMAND`. Open file description locks (F_OFD_SETLK) name no process.
 */
function completed(lock: LockRecord, proc: ProcFiles, processes: readonly ProcessRecord[]): LockRecord {
  const inode = lock.file.slice(lock.file.lastIndexOf(':') + 1);
  const pathOf = (pid: number) => {
    const owner = processes.find((one) => one.pid === pid);
    return owner?.descriptors?.find(
      ({ fd, target }) =>
        target.startsWith('/') && field(proc.text(`${pid}/fdinfo/${fd}`) ?? '', 'ino') === inode,
    )?.target;
  };
  const path = pathOf(lock.waiter);
  const named = path === undefined ? {} : { path };
  if (lock.kind === 'fcntl' || lock.kind === 'lease') return { ...lock, ...named };
  const holders = path === undefined ? [] : holdersOf(path, inode, proc, processes);
  const owners = holders.length > 0 ? holders : lock.owners.filter((pid) => pid > 0);
  return { ...lock, ...named, owners };
}

/** Processes whose fdinfo has a line for a lock on this inode. */
function holdersOf(
  path: string,
  inode: string,
  proc: ProcFiles,
  processes: readonly ProcessRecord[],
): number[] {
  return processes.flatMap(({ pid, descriptors = [] }) =>
    descriptors.some(
      ({ fd, target }) =>
        target === path &&
        new RegExp(`^lock:.*\\b(?:FLOCK|OFDLCK)\\b.*:${inode} `, 'm').test(
          proc.text(`${pid}/fdinfo/${fd}`) ?? '',
        ),
    )
      ? [pid]
      : [],
  );
}
