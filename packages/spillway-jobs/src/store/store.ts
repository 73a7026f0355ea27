/**
 * The seam to storage: what the queue and the workers ask of it. One implementation, on PostgreSQL and
 * pg-boss; tests of the worker may have another.
 */
import type { Fence, Outcome } from '../attempt/index.js';
import type { JobInfo, ListOptions, LogPiece, ScheduleInfo } from '../job/index.js';

/** A job to add, checked and with its defaults. Times in milliseconds; Infinity for none. */
export interface JobSpec {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: readonly string[];
  readonly group: string;
  readonly priority: number;
  readonly retries: number;
  readonly backoffMs: number;
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly graceMs: number;
  readonly delayMs: number;
  /** By this program's clock; undefined for as soon as possible. */
  readonly runAt: Date | undefined;
  readonly deadline: Date | undefined;
  readonly unique: string | undefined;
  readonly after: readonly { readonly id: number; readonly ok: boolean }[];
  readonly onEnd: string | undefined;
}

/** A worker process, as it enrols. */
export interface WorkerSpec {
  /** `HOST-PID`, and a number where that is taken. */
  readonly name: string;
  readonly place: Fence['place'];
  readonly pid: number;
  readonly startTime: string;
  /** The process that ends all that the worker leaves, and then starts another one. */
  readonly supervisor?: { readonly pid: number; readonly startTime: string } | undefined;
  /** Of spillway-jobs. */
  readonly version: string;
  /** Slots of each group. */
  readonly groups: Readonly<Record<string, number>>;
}

/** An attempt that this worker is to make. It holds the job until it settles it, or its lease runs out. */
export interface Claim {
  readonly job: number;
  readonly number: number;
  readonly spec: JobSpec;
  /**
   * Of the last attempt whose program may have run, if it was lost: it may have left processes.
   * `msSinceLeaseOver` is negative while its lease holds.
   */
  readonly lost: { readonly fence: Fence; readonly msSinceLeaseOver: number } | undefined;
}

export interface Settlement {
  readonly job: number;
  readonly number: number;
  readonly outcome: Outcome;
}

/** A job that has ended for good, and wants its `onEnd` run. */
export interface EndedJob {
  readonly info: JobInfo;
  readonly onEnd: string | undefined;
}

/** Where an attempt runs or ran. */
export interface AttemptInfo {
  readonly number: number;
  readonly worker: string;
  /** Committed before its program ran. */
  readonly fence: Fence | undefined;
  readonly isEnded: boolean;
}

/** What `changes` has already returned. */
export interface ChangeCursor {
  readonly snapshot: string;
  readonly seen: ReadonlyMap<number, string>;
}

export interface LogAppend {
  readonly job: number;
  readonly number: number;
  readonly seq: number;
  readonly at: Date;
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Buffer;
  /** Bytes that are missing before this piece. */
  readonly gap: number;
}

export interface Store extends AsyncDisposable {
  /** The database, without its password. */
  readonly where: string;

  // Jobs.
  /** `isNew`: false for an open job with the same `unique`. Errors: JobsError for an unknown `after`. */
  add(specs: readonly JobSpec[]): Promise<{ readonly id: number; readonly isNew: boolean }[]>;
  get(id: number): Promise<JobInfo | undefined>;
  list(options: ListOptions): Promise<JobInfo[]>;
  /** Queued and waiting ones at once; for a running one its worker hears of it. False when it had ended. */
  stop(id: number): Promise<boolean>;
  /** Adds attempts to one that has ended badly. False when it is open, or has succeeded. */
  retry(id: number): Promise<boolean>;
  /** Removes ended jobs and their logs; returns how many. */
  clean(olderThanMs: number): Promise<number>;
  /** Pieces of one attempt, in order, at most some 1 MiB a call. */
  log(id: number, attempt: number, sinceSeq: number): Promise<LogPiece[]>;
  /** The running or last attempt; undefined for one that has not begun. */
  lastAttempt(id: number): Promise<AttemptInfo | undefined>;
  /** Jobs that have changed since `cursor` was given; without one, none and a cursor for now. */
  changes(cursor?: ChangeCursor): Promise<{ readonly jobs: JobInfo[]; readonly cursor: ChangeCursor }>;
  /** Of a group in all; undefined for none. */
  setGroupLimit(group: string, slots: number | undefined): Promise<void>;
  groupLimits(): Promise<ReadonlyMap<string, number>>;
  addSchedule(cron: string, timeZone: string, spec: JobSpec, next: Date): Promise<number>;
  schedules(): Promise<ScheduleInfo[]>;
  removeSchedule(id: number): Promise<boolean>;

  // Workers.
  enrol(worker: WorkerSpec): Promise<string>;
  /** It will take no more, and holds nothing. */
  leave(worker: string): Promise<void>;
  /**
   * Renews the lease of all that the worker holds, for `leaseMs` by the database's clock. Returns the jobs
   * that it still holds, with the number of the attempt, and those of them that are to be stopped.
   */
  beat(worker: string, leaseMs: number): Promise<{ held: Map<number, number>; toStop: Set<number> }>;
  /** Takes jobs, as many of each group as the worker has free slots, within the groups' limits in all. */
  claim(worker: string, free: ReadonlyMap<string, number>, leaseMs: number): Promise<Claim[]>;
  /** Commits the fences of attempts before their programs run; returns those jobs that it still holds. */
  commit(worker: string, fences: readonly Fence[]): Promise<Set<number>>;
  /** Writes outcomes: the jobs are tried again, or end, and others that wait for them go on. */
  settle(worker: string, settlements: readonly Settlement[]): Promise<EndedJob[]>;
  /**
   * Jobs whose `onEnd` is to be run: those that have ended otherwise than by a worker's `settle` (stopped
   * before they began, skipped, lost), and those of which no worker has said within two minutes that it ran.
   */
  takeEnded(): Promise<EndedJob[]>;
  /** The `onEnd` after this attempt of the job has been run, well or not. It may have been retried since. */
  onEndRan(job: number, attempt: number): Promise<void>;
  appendLog(worker: string, pieces: readonly LogAppend[]): Promise<void>;
  /**
   * Declares the attempts of dead workers lost and offers their jobs again: of those that `isDead` says so
   * of, and of those whose lease is over. Returns how many attempts.
   */
  takeFromDead(isDead: (worker: WorkerSpec) => boolean): Promise<number>;
  /** Adds the jobs of schedules that are due. `next`: the moment after this one. */
  runSchedules(next: (cron: string, timeZone: string, after: Date) => Date | undefined): Promise<number>;
  /** Ends jobs whose deadline has passed before they began, old logs, and what else time brings. */
  tidy(retention: { readonly ageMs: number; readonly bytes: number }): Promise<void>;
}
