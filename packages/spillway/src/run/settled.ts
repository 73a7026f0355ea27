/** What an execution has come to. */
import type { Cause } from './cause.js';
import type { Result } from './result.js';
import type { RunError, TerminationStory } from './run-error.js';

export interface Settled {
  readonly result: Result;
  /** What `check` rejects with; a failure on this side rejects without `check` as well. */
  readonly error: RunError | undefined;
  readonly cause: Cause | undefined;
  readonly story: TerminationStory;
}
