/** The caller's choices for the end of a child. */
import type { Writable } from 'node:stream';

/** How to treat processes that the child leaves behind. */
export type Leftovers = 'kill' | 'kill-all' | 'wait' | 'leave';

/** A command that is asked to end. */
export interface AskedCommand {
  readonly pid: number;
  /** With `stdin: 'pipe'`. */
  readonly stdin: Writable | undefined;
  /** Sends its process group a signal (a number); false when it is over. */
  kill(signal: number): boolean;
}

/** The ladder that ends a process: perhaps a question, a signal, a grace period, SIGKILL. */
export interface Termination {
  /** The number of the first signal. */
  readonly signal: number;
  /** Asks it to end in a way of its own; it has a grace period for that before the signal. */
  readonly ask: ((command: AskedCommand) => unknown) | undefined;
  /** Milliseconds until SIGKILL follows. */
  readonly grace: number;
  /** The same, for what is left after an exit that this program has not asked for. */
  readonly leftoversGrace?: number | undefined;
}
