/** A row of the table of jobs, as far as users see it. */
import type { Outcome } from '../../attempt/index.js';
import type { JobState } from '../../job/index.js';

/** The columns that a JobInfo is made of; of a table that is named j. */
export const INFO_COLUMNS =
  'j.id, j.command, j.grp, j.priority, j.state, j.unique_key, j.attempt, j.attempts, j.run_at, j.deadline, ' +
  'j.created, j.since, j.worker, j.outcome, j.reason, j.is_to_stop';

export interface JobRow {
  readonly id: string;
  readonly command: { readonly argv: readonly string[]; readonly cwd: string };
  readonly grp: string;
  readonly priority: number;
  readonly state: JobState;
  readonly unique_key: string | null;
  readonly attempt: number;
  readonly attempts: number;
  readonly run_at: Date;
  readonly deadline: Date | null;
  readonly created: Date;
  readonly since: Date;
  readonly worker: string | null;
  readonly outcome: Outcome | null;
  /** Why it was skipped or lost, in words. */
  readonly reason: string | null;
  readonly is_to_stop: boolean;
}
