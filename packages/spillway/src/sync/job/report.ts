/** The result of a sync: what `--report` writes, and `job.result` gives. schema/ has its JSON Schema. */
import type { Progress } from './progress.js';

/**
 * - `'done-with-warnings'`: complete, except for files that vanished meanwhile.
 * - `'partial'`: some files were not transferred, or differ; `failed` names them.
 * - `'failed'`: no attempt helped, or none would.
 * - `'refused'`: nothing was started.
 */
export type Outcome =
  | 'done'
  | 'done-with-warnings'
  | 'partial'
  | 'failed'
  | 'refused'
  | 'locked'
  | 'timed-out'
  | 'stalled'
  | 'no-rsync'
  | 'cancelled';

export interface Failure {
  readonly path: string;
  readonly reason: string;
  /** As in errno(3), where rsync's words tell it. */
  readonly code: string | null;
}

export interface AttemptRecord {
  readonly attempt: number;
  /** Which of the rsyncs, from 1. */
  readonly part: number;
  readonly phase: string;
  readonly startedAt: string;
  readonly durationMs: number;
  /** rsync's own. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly reason: string;
  /** What happened, in a sentence. */
  readonly message: string;
  readonly files: number;
  /** Of the files that it processed. */
  readonly bytes: number;
  /** Data sent; null when rsync was ended before it could tell. */
  readonly literalBytes: number | null;
  /** Data found at the destination, in partial or older files. */
  readonly matchedBytes: number | null;
  /** Temporary files of a killed receiver that became partial files. */
  readonly keptFiles: number;
  readonly diagnosis: string | null;
  /** The end of what rsync and the remote shell wrote to stderr. */
  readonly lastWords: readonly string[];
}

export interface ChangeCounts {
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
  readonly attributes: number;
  /** Size of the files that were created or updated. */
  readonly bytes: number;
}

/** Of `jobs`: whether the parts together are the list. */
export interface PartsReport {
  readonly count: number;
  readonly listedFiles: number;
  readonly listedBytes: number;
  readonly listHash: string;
  readonly doneFiles: number;
  readonly doneBytes: number;
  readonly doneHash: string;
  readonly isComplete: boolean;
}

export interface Report extends Progress {
  readonly version: 1;
  readonly outcome: Outcome;
  /** That of the command. */
  readonly exitCode: number;
  readonly message: string;
  readonly sources: readonly string[];
  readonly destination: string;
  readonly host: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly rsyncVersion: string | null;
  readonly dryRun: boolean;
  readonly changes: ChangeCounts;
  readonly attempts: readonly AttemptRecord[];
  readonly failed: readonly Failure[];
  /** How many more failed than `failed` names. */
  readonly failedOmitted: number;
  readonly vanished: readonly string[];
  readonly vanishedOmitted: number;
  readonly warnings: readonly string[];
  readonly verify: {
    readonly files: number;
    readonly different: readonly string[];
    readonly differentOmitted: number;
  } | null;
  readonly move: { readonly removedFiles: number; readonly removedFolders: number } | null;
  readonly split: PartsReport | null;
}
