/** How far a sync is. */

/** A file that is on its way. */
export interface Transferring {
  readonly name: string;
  readonly size: number;
  /** Which of the rsyncs, from 1. */
  readonly part: number;
}

/** The names are rclone's, times in seconds. */
export interface Progress {
  /** Of the files that are on their way or done, in the attempts that run. */
  readonly bytes: number;
  /** An estimate from rsync's percentages, exact at the end; null before the first one. */
  readonly totalBytes: number | null;
  /** Files transferred, in all attempts. */
  readonly files: number;
  /** Entries in the list, folders included; null until it is made. */
  readonly totalFiles: number | null;
  /** Bytes a second. */
  readonly speed: number;
  readonly eta: number | null;
  /** Files that failed in the attempts that run, and attempts that failed. */
  readonly errors: number;
  readonly transferring: readonly Transferring[];
  readonly elapsedTime: number;
  /** The highest number of an attempt so far. */
  readonly attempt: number;
  /** How many rsyncs run. */
  readonly parts: number;
  /** Attempts that failed and were, or will be, followed by another. */
  readonly retries: number;
}
