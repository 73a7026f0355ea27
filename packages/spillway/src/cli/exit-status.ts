/** Exit statuses as timeout(1), env(1) and shells have them. */
import { constants } from 'node:os';

export const TIMED_OUT = 124;
/** Spillway's own failure, a mistake in its options included. */
export const OWN_ERROR = 125;
export const CANNOT_EXECUTE = 126;
export const NOT_FOUND = 127;

/** Of `spillway doctor`, when there is no verdict. */
export const COULD_NOT_TELL = 2;

/** The number of the first real-time signal that programs may use, on Linux (signal(7)). */
const SIGRTMIN = 34;

/** What a shell's `$?` is after the end by a signal. */
export function signalStatus(signal: string): number {
  const known: number | undefined = constants.signals[signal as NodeJS.Signals];
  // Those without a name of their own: `SIGRTMIN+2`, `signal 33`.
  const counted = Number(/\d+$/.exec(signal)?.[0] ?? 0);
  return 128 + (known ?? (signal.startsWith('SIGRTMIN') ? SIGRTMIN + counted : counted));
}
