/**
 * Whether a process that has written a part of a message still lives.
 *
 * The kernel uses a pid again after a while, so the time of the process's start belongs to it. A pid is valid
 * in its pid namespace only (pid_namespaces(7)), so nothing is known of a writer in another namespace before
 * the pipe ends. An uncertain writer counts as alive: a mistake would cost a message.
 */
import {
  isLive,
  namespaceOf,
  type ProcessStat,
  processStat,
  showsOwnProcesses,
  threadCount,
} from '../../system/index.js';

/** A writer's process, by three numbers below 2^32; 0 for an unknown one. */
export interface WriterLife {
  readonly pid: number;
  /** The inode of its pid namespace (namespaces(7)). */
  readonly namespace: number;
  /** Clock ticks from the boot to its start, the lower 32 bits. */
  readonly start: number;
}

/** The system calls that this takes. */
export interface LifeCalls {
  /** Whether the number is in use: kill(2) answers even where /proc cannot be read. */
  exists(pid: number): boolean;
  /** Whether /proc shows the processes of this pid namespace: it may have been mounted from another. */
  showsOwnProcesses(): boolean;
  stat(pid: number): ProcessStat | undefined;
  threadCount(pid: number): number | undefined;
  namespaceOf(pid: number | 'self', kind: 'pid' | 'time'): number | undefined;
}

const system: LifeCalls = { exists, showsOwnProcesses, stat: processStat, threadCount, namespaceOf };

let own: WriterLife | undefined;

/** The numbers of this process. */
export function ownLife(): WriterLife {
  own ??= lifeOf(system);
  return own;
}

function lifeOf(calls: LifeCalls): WriterLife {
  const { pid } = process;
  const stat = calls.showsOwnProcesses() ? calls.stat(pid) : undefined;
  return {
    pid,
    namespace: (calls.namespaceOf('self', 'pid') ?? 0) >>> 0,
    start: stat ? lower32(stat.startTime) : 0,
  };
}

/** Whether the writer has certainly ended. Bytes that it has written may still be in the pipe. */
export function hasEnded({ pid, namespace, start }: WriterLife, calls: LifeCalls = system): boolean {
  if (pid === 0 || namespace !== ownLife().namespace) return false;
  if (!calls.exists(pid)) return true;
  if (!calls.showsOwnProcesses()) return false;
  const stat = calls.stat(pid);
  // Other users' processes may be hidden (proc(5), hidepid).
  if (!stat) return false;
  // The first thread of a process may have ended before the others, and then looks like a zombie.
  if (!isLive(stat) && calls.threadCount(pid) === 1) return true;
  return start !== 0 && lower32(stat.startTime) !== start && hasOwnClock(pid, calls);
}

/** In another time namespace the boot, and so the start, has another time (time_namespaces(7)). */
function hasOwnClock(pid: number, calls: LifeCalls): boolean {
  const clock = calls.namespaceOf('self', 'time');
  // Before Linux 5.6 there is one clock for all.
  return clock === undefined || calls.namespaceOf(pid, 'time') === clock;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function lower32(text: string): number {
  return Number(BigInt(text) & 0xffffffffn);
}
