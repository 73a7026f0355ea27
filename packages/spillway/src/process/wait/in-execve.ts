/** Processes in the middle of execve(2), which do not show yet whose they are. */
import { type ProcessStat, ticksSinceBoot } from '../../system/index.js';

/**
 * While execve(2) runs, the environment looks empty: the kernel installs the new memory before it copies the
 * variables. Longer than that takes.
 */
const EXECVE_MS = 20;
/** The same where it waits for a processor or a page of its file, as on a loaded machine. */
export const LOADED_EXECVE_MS = 200;
const MS_A_TICK = 10;
/** kthreadd, the parent of all kernel threads, which never have variables. */
export const KERNEL_THREADS = 2;

/** False also for the middle of execve(2), and for a title that was written over the variables. */
export function showsVariables(environment: string): boolean {
  return /^[^\0 =]+=/.test(environment);
}

/** Whether a process with this start time may still be in its first execve(2). */
export function isYoung(startTime: string): boolean {
  return ageMs(startTime) <= EXECVE_MS;
}

/** Where containers show a time of their own since boot, a process may seem to come from the future. */
export function ageMs(startTime: string): number {
  return ((ticksSinceBoot() ?? 0) - Number(startTime)) * MS_A_TICK;
}

/** `ms`: how long ago it started, or was seen without variables. One that sleeps (S) has gone on. */
export function mayBeInExecve(ms: number, stat: ProcessStat | undefined): boolean {
  if (ms <= EXECVE_MS) return true;
  return ms <= LOADED_EXECVE_MS && (stat?.state === 'R' || stat?.state === 'D');
}
