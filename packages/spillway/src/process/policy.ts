/** The caller's choices for the end of a child. */

/** How to treat processes that the child leaves behind. */
export type Leftovers = 'kill' | 'kill-all' | 'wait' | 'leave';

/** The ladder that ends a process: a signal, a grace period, SIGKILL. */
export interface Termination {
  /** The number of the first signal. */
  readonly signal: number;
  /** Milliseconds until SIGKILL follows. */
  readonly grace: number;
}
