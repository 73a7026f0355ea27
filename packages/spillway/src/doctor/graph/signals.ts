/** Which signals could make a process continue (signal(7)). */
import type { ProcessRecord } from '../snapshot/index.js';

/** Handlers for these do not make a program continue: they end it, or it causes the signal itself. */
export const HARMLESS: ReadonlySet<number> = new Set([
  1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 15, 16, 17, 18, 20, 21, 22, 24, 25, 26, 27, 28, 31, 32, 33,
]);

export const SIGALRM = 14;
export const SIGCHLD = 17;

/** Whether the end of a child interrupts the program's waits. */
export function hearsChildren({ caughtSignals }: ProcessRecord): boolean {
  return caughtSignals.includes(SIGCHLD);
}

/** Whether one of these signals could come and make the program continue. */
export function mayWake(signals: readonly number[]): boolean {
  return signals.some((signal) => !HARMLESS.has(signal));
}
