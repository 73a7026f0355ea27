/** Exit statuses, as in timeout(1), env(1) and shells. */
import { constants } from 'node:os';
import { bestEffort, exitLeavingTerminal, raiseByDefault, withoutCore } from '../system/index.js';
import { keepCompiled } from './compile-cache.js';

export const TIMED_OUT = 124;
/** Spillway's own failure, including usage errors. */
export const OWN_ERROR = 125;
export const CANNOT_EXECUTE = 126;
export const NOT_FOUND = 127;

/** `spillway doctor` without a verdict, including usage errors. */
export const COULD_NOT_TELL = 2;
/** `spillway sync` that was refused, usage errors included. */
export const REFUSED = 2;

/** Ends this process, and leaves the terminal as it is. */
export function endWith(status: number): never {
  keepCompiled();
  exitLeavingTerminal(status);
}

/** Ends this process by the signal's default action, as that of a command that it stands for. */
export function dieOf(signal: number): never {
  keepCompiled();
  // Without the C library the status alone tells it.
  bestEffort(() => {
    withoutCore();
    raiseByDefault(signal);
  });
  exitLeavingTerminal(128 + signal);
}

/** On Linux the first real-time signal that programs may use (signal(7)). */
const SIGRTMIN = 34;

/** A shell's `$?` for a command that a signal has ended. */
export function signalStatus(signal: string): number {
  const known: number | undefined = constants.signals[signal as NodeJS.Signals];
  // Signals without a name of their own: `SIGRTMIN+2`, `signal 33`.
  const counted = Number(/\d+$/.exec(signal)?.[0] ?? 0);
  return 128 + (known ?? (signal.startsWith('SIGRTMIN') ? SIGRTMIN + counted : counted));
}
