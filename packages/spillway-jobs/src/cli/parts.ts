/** What the commands ask of the queue and the workers; tests have others. */
import type { JobInfo, JobOptions, ListOptions, LogOptions, LogPiece, ScheduleInfo } from '../queue/types.js';
import type { Moved } from '../store/index.js';
import type { Supervised, WorkerOptions } from '../worker/index.js';

export interface Queue extends AsyncDisposable {
  /** `isNew`: false for an open job with the same `unique`, which it returns. */
  add(
    argv: readonly string[],
    options: JobOptions,
  ): Promise<{ readonly id: number; readonly isNew: boolean }>;
  /** The number of the schedule. */
  schedule(
    cron: string,
    timeZone: string | undefined,
    argv: readonly string[],
    options: JobOptions,
  ): Promise<number>;
  get(id: number): Promise<JobInfo | undefined>;
  list(options: ListOptions): Promise<readonly JobInfo[]>;
  log(id: number, options: LogOptions): AsyncIterable<LogPiece>;
  /** Why it is in its state: lines for people. */
  why(id: number): Promise<string>;
  /** Resolves when it has ended for good. */
  done(id: number): Promise<JobInfo>;
  /** False when it had ended. */
  stop(id: number): Promise<boolean>;
  /** False when it is open, or has succeeded. */
  retry(id: number): Promise<boolean>;
  clean(olderThanMs: number): Promise<number>;
  limits(): Promise<ReadonlyMap<string, number>>;
  setLimit(group: string, slots: number | undefined): Promise<void>;
  schedules(): Promise<readonly ScheduleInfo[]>;
  unschedule(id: number): Promise<boolean>;
}

export interface SuperviseOptions extends Omit<Supervised, 'leaseMs'> {
  /** Default: that of a worker. */
  readonly leaseMs: number | undefined;
}

export interface Parts {
  /** `url`: undefined for the embedded database. */
  openQueue(url: string | undefined): Promise<Queue>;
  runWorker(options: WorkerOptions): Promise<void>;
  /** Whether this process is a worker that another one watches over. */
  readonly isSupervised: boolean;
  /** Watches over a worker, and starts another one when it dies. Resolves with its exit status. */
  supervise(options: SuperviseOptions): Promise<number>;
  /** Moves all jobs with their logs, schedules and limits. */
  migrate(from: string | undefined, to: string | undefined): Promise<Moved>;
}
