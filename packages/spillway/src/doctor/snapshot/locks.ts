/** Who waits for whose lock on a file (proc_locks(5)). */
import type { ProcFiles } from '../../system/index.js';
import { field } from './descriptors.js';
import type { LockRecord, ProcessRecord } from './snapshot.js';

const KINDS: Readonly<Record<string, LockRecord['kind']>> = {
  FLOCK: 'flock',
  POSIX: 'fcntl',
  OFDLCK: 'ofd',
  LEASE: 'lease',
};

/** Calls that wait for locks; that of a lease's file to be opened is one (fcntl(2), F_SETLEASE). */
const WAITS = /^(?:flock|fcntl|open|creat)/;

/**
 * The waiters in /proc/locks, each with the owner of the lock that it stands behind. The file is read only when there may be one of these:
 * the kernel stops all locking for it, and waits until every processor has come by, 10 ms and more.
 */
export function lockRecords(proc: ProcFiles, processes: readonly ProcessRecord[]): LockRecord[] {
  if (!processes.some(mayWait)) return [];
  const found: LockRecord[] = [];
  let held: { owner: number; kind: LockRecord['kind']; file: string } | undefined;
  for (const line of (proc.text('locks') ?? '').split('\n')) {
    // `1: FLOCK  ADVISORY  WRITE 4711 00:1b:99 0 EOF`, and below it `1: -> FLOCK …` for each that waits.
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
 * The owner that the kernel names has taken the lock. With flock(2) it belongs to the open file, and so also to whoever inherited it; the
 * one who took it may be gone, as with `flock FILE COMMAND`. Locks of open files (F_OFD_SETLK) name nobody.
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

/** Who has an open file with a lock on this inode: its fdinfo has a line for it. */
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
