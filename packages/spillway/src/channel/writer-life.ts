/**
 * Whether a process still lives that has written a part of a message.
 *
 * A pid is used again after a while, so the time of its start belongs to it; and it means something in its pid namespace only
 * (pid_namespaces(7)), so of a writer in another nothing is known before the pipe ends. What is not certain counts as alive: the price
 * of a mistake would be a message.
 */
import { readdirSync, statSync } from 'node:fs';
import { isLive, processStat } from '../system/index.js';

/** Who writes, by three numbers below 2^32; 0 for what is not known. */
export interface WriterLife {
  readonly pid: number;
  /** The inode of its pid namespace (namespaces(7)). */
  readonly namespace: number;
  /** Clock ticks from the boot to its start, the lower 32 bits. */
  readonly start: number;
}

let own: WriterLife | undefined;

/** Of this process. */
export function ownLife(): WriterLife {
  own ??= { pid: process.pid, namespace: ownNamespace(), start: startOf(process.pid) };
  return own;
}

/** Whether it has ended for certain. What it has written may still be in the pipe. */
export function hasEnded({ pid, namespace, start }: WriterLife): boolean {
  if (pid === 0 || namespace !== ownLife().namespace) return false;
  if (!exists(pid)) return true;
  const stat = processStat(pid);
  // Other users' processes may be hidden (proc(5), hidepid).
  if (!stat) return false;
  if (start !== 0 && lower32(stat.startTime) !== start) return true;
  return !isLive(stat) && !hasThreads(pid);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** The first thread of a process may have ended before the others, and shows as a zombie then. */
function hasThreads(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return false;
  }
}

function ownNamespace(): number {
  try {
    return statSync('/proc/self/ns/pid').ino >>> 0;
  } catch {
    return 0;
  }
}

function startOf(pid: number): number {
  const stat = processStat(pid);
  return stat ? lower32(stat.startTime) : 0;
}

function lower32(text: string): number {
  return Number(BigInt(text) & 0xffffffffn);
}
