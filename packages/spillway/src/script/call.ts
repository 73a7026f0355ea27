/** A command or pipeline to be run. */
import type { StageOptions, StartOptions } from '../run/index.js';

/** The options of `start`, or of `run` where the command is awaited, and one more. */
export interface ScriptOptions extends StartOptions {
  /**
   * Prints each command to stderr when it starts, and how long it took. A function gets each word of the
   * command, and gives what is printed for it: `(word) => word.replaceAll(token, '***')`. Default: false.
   */
  readonly echo?: boolean | ((word: string) => string) | undefined;
}

/** Commands and options of run() that are known before anything starts. */
export interface Call {
  readonly stages: readonly StageOptions[];
  readonly options: ScriptOptions;
  /** As it would be typed, for `echo`. */
  readonly shown: string;
}
