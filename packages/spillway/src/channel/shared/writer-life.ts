/**
 * Whether a process still lives that has written a part of a message.
 *
 * A pid is used again after a while, so the time of its start belongs to it; and it means something in its pid namespace only
 * (pid_namespaces(7)), so of a writer in another nothing is known before the pipe ends. What is not certain counts as alive: the price
 * of a mistake would be a message.
 */
import {
  isLive,
  namespaceOf,
  type ProcessStat,
  processStat,
  showsOwnProcesses,
  threadCount,
} from '../../system/index.js';

/** Who writes, by three numbers below 2^32; 0 for what is not known. */
export interface WriterLife {
  readonly pid: number;
  /** The inode of its pid namespace (namespaces(7)). */
  readonly namespace: number;
  /** Clock ticks from the boot to its start, the lower 32 bits. */
  readonly start: number;
}

/** What the system is asked. */
export interface LifeCalls {
  /** Whether the number is in use: kill(2) tells, whatever may be read. */
  exists(pid: number): boolean;
  /** Whether /proc shows the processes of this pid namespace: it may have been mounted from another. */
  showsOwnProcesses(): boolean;
  stat(pid: number): ProcessStat | undefined;
  threadCount(pid: number): number | undefined;
  namespaceOf(pid: number | 'self', kind: 'pid' | 'time'): number | undefined;
}

const system: LifeCalls = { exists, showsOwnProcesses, stat: processStat, threadCount, namespaceOf };

let own: WriterLife | undefined;

/** Of this process. */
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

/** Whether it has ended for certain. What it has written may still be in the pipe. */
export function hasEnded({ pid, namespace, start }: WriterLife, calls: LifeCalls = system): boolean {
  if (pid === 0 || namespace !== ownLife().namespace) return false;
  if (!calls.exists(pid)) return true;
  if (!calls.showsOwnProcesses()) return false;
  const stat = calls.stat(pid);
  // Other users' processes may be hidden (proc(5), hidepid).
  if (!stat) return false;
  // The first thread of a process may have ended before the others, and shows as a zombie then.
  if (!isLive(stat) && calls.threadCount(pid) === 1) return true;
  return start !== 0 && lower32(stat.startTime) !== start && hasOwnClock(pid, calls);
}

/** In another time namespace the boot, and so the start, was at another time (time_namespaces(7)). */
function hasOwnClock(pid: number, calls: LifeCalls): boolean {
  const clock = calls.namespaceOf('self', 'time');
  // Before Linux 5.6 there is one for all.
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
