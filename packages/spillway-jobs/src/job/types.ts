/** What users give and get. */
import type { Duration } from 'spillway';
import type { Outcome } from '../attempt/index.js';

/**
 * `'waiting'`: for other jobs (`after`). `'queued'`: for its time and a free slot. `'skipped'`: not run, as
 * its deadline passed or a job that it needs has failed. `'lost'`: too many of its attempts were lost.
 */
export type JobState =
  | 'waiting'
  | 'queued'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'stopped'
  | 'skipped'
  | 'lost';

/** States that a job leaves. */
export const OPEN_STATES = ['waiting', 'queued', 'running'] as const satisfies readonly JobState[];

export interface JobOptions {
  /** The group whose limits it counts for. Letters, digits, `-` and `_`. Default: `'default'`. */
  readonly group?: string | undefined;
  /** Higher ones first. Default: 0. */
  readonly priority?: number | undefined;
  /** Its working directory on the worker. Default: this program's. */
  readonly cwd?: string | undefined;
  /** Names of variables that it gets from the worker's environment, beside PATH, HOME, LANG and TZ. */
  readonly env?: readonly string[] | undefined;
  /**
   * How often it is tried again after a failure. Default: 0. Lost attempts are tried again without counting.
   */
  readonly retries?: number | undefined;
  /** Before the first retry; doubled for each further one, one hour at most. Default: 5 s. */
  readonly backoff?: Duration | undefined;
  readonly timeout?: Duration | undefined;
  readonly idleTimeout?: Duration | undefined;
  /** From the signal to SIGKILL, when it is ended. Default: 5 s. */
  readonly grace?: Duration | undefined;
  /** Not before this moment. One of `at` and `in`. */
  readonly at?: Date | undefined;
  readonly in?: Duration | undefined;
  /** It is skipped if it has not begun by then, and ended if it has. */
  readonly deadline?: Date | Duration | undefined;
  /** While a job with this name is open, another one is not added: `add` returns the open one. */
  readonly unique?: string | undefined;
  /** Numbers of jobs that must have ended, in whatever way; or well. */
  readonly after?: readonly number[] | undefined;
  readonly afterOk?: readonly number[] | undefined;
  /** A command line for `sh -c` on the worker, which gets the job as JSON on its stdin when it has ended. */
  readonly onEnd?: string | undefined;
}

/** A job as it is now. */
export interface JobInfo {
  readonly id: number;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly group: string;
  readonly priority: number;
  readonly state: JobState;
  /** Attempts that have begun, and how many there may be if all fail. */
  readonly attempt: number;
  readonly attempts: number;
  readonly unique?: string | undefined;
  readonly created: Date;
  /** Since when it is in this state. */
  readonly since: Date;
  readonly runAt: Date;
  readonly deadline?: Date | undefined;
  /** The worker of the running or last attempt: `HOST-PID`. */
  readonly worker?: string | undefined;
  /** Of the last attempt that has ended. */
  readonly outcome?: Outcome | undefined;
  /** Of a running job, where the last line that its command has written tells it. */
  readonly progress?: Progress | undefined;
  /** For people: why it waits, what it does, how it ended. One line. */
  readonly note: string;
}

/** As the command has written it; one of the two at least. */
export interface Progress {
  /** 0 to 100. */
  readonly percent?: number | undefined;
  /** A number and its unit: `118 MB/s`. */
  readonly rate?: string | undefined;
}

export interface ListOptions {
  readonly states?: readonly JobState[] | undefined;
  readonly group?: string | undefined;
  /** The latest so many. Default: 1000. */
  readonly limit?: number | undefined;
}

/** A piece of the output of an attempt. */
export interface LogPiece {
  readonly attempt: number;
  readonly seq: number;
  readonly at: Date;
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Buffer;
  /** Bytes that are missing before this piece. */
  readonly gap: number;
}

export interface LogOptions {
  /** Default: the last one. */
  readonly attempt?: number | undefined;
  /** Goes on until the job has ended. */
  readonly follow?: boolean | undefined;
  /** Only pieces after this one. */
  readonly since?: number | undefined;
}

/** A cron expression, and the job that is added at each of its times. */
export interface ScheduleInfo {
  readonly id: number;
  readonly cron: string;
  /** An IANA time zone. */
  readonly timeZone: string;
  readonly argv: readonly string[];
  readonly next: Date;
  readonly last?:
    | { readonly at: Date; readonly job?: number | undefined; readonly skipped?: string }
    | undefined;
}
