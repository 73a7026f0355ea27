/** The interface between a command's life and its place on the terminal. */
import type { ForegroundGroup, StopAnswer } from './foreground.js';

export interface EndOfJob {
  /** It exited, and was not ended from here. */
  readonly byItself: boolean;
  /** The number of the signal that ended it, if none was sent from here. */
  readonly signal: number | undefined;
}

/** A child as a job of the terminal. */
export interface JobControl {
  /** The descriptor (0 to 2) of the terminal whose foreground group the child's becomes at its start. */
  readonly terminal: number | undefined;
  started(group: ForegroundGroup): void;
  /** This signal stopped the child, as Ctrl-Z does. */
  stopped(signal: number): StopAnswer;
  /** The child is over, or was not started. */
  ended(end: EndOfJob): void;
}
