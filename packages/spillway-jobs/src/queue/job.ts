/** One job, as a handle: it holds no state of its own. */
import type { Duration } from 'spillway';
import type { JobInfo, LogOptions, LogPiece } from '../job/index.js';
import { isOpen } from '../job/index.js';
import { JobsError, type Store } from '../store/index.js';
import { requireDuration, requireNames } from './checks.js';
import { checkLogOptions, readLog } from './log.js';
import { Pauses, patiently } from './patience.js';
import { why } from './why.js';

export interface DoneOptions {
  /** Then it rejects with JobsError `ERR_JOBS_NOT_FINISHED`; the job goes on. Default: none. */
  readonly timeout?: Duration | undefined;
  /** Ends the wait with its reason; the job goes on. */
  readonly signal?: AbortSignal | undefined;
}

export class Job {
  readonly #store: Store;

  /** @internal */
  constructor(
    store: Store,
    readonly id: number,
    /** False for one that was there before: `add` found an open job with the same `unique`. */
    readonly isNew: boolean,
  ) {
    this.#store = store;
  }

  /** As it is now. Rejects with JobsError `ERR_JOBS_UNKNOWN_JOB` once it has been removed. */
  async info(): Promise<JobInfo> {
    const info = await this.#store.get(this.id);
    if (!info) throw new JobsError('ERR_JOBS_UNKNOWN_JOB', `there is no job ${this.id} any more`);
    return info;
  }

  /**
   * Pieces of its output, in order. With `follow` until it has ended, through all further attempts unless one
   * is named; through an absence of the database of up to two minutes.
   *
   * @example
   * for await (const { bytes } of job.log({ follow: true })) process.stdout.write(bytes);
   */
  log(options: LogOptions = {}): AsyncIterableIterator<LogPiece> {
    checkLogOptions(options);
    return readLog(this.#store, this.id, options);
  }

  /** Resolves when it has ended, in whatever way, through an absence of the database of up to two minutes. */
  async done(options: DoneOptions = {}): Promise<JobInfo> {
    requireNames('options', options, ['timeout', 'signal']);
    const { timeout = Number.POSITIVE_INFINITY, signal } = options;
    const ms = requireDuration('timeout', timeout);
    const until = performance.now() + ms;
    const pauses = new Pauses();
    for (;;) {
      signal?.throwIfAborted();
      const info = await patiently(() => this.info(), signal);
      if (!isOpen(info.state)) return info;
      const left = until - performance.now();
      if (left <= 0)
        throw new JobsError(
          'ERR_JOBS_NOT_FINISHED',
          `job ${this.id} is still ${info.state} (${info.note}) at the end of the timeout of ${ms} ms`,
        );
      await pauses.pause(signal, left);
    }
  }

  /**
   * Ends all its processes, on whichever machine it runs. False when it had ended. `done` tells when it has.
   */
  stop(): Promise<boolean> {
    return this.#store.stop(this.id);
  }

  /**
   * Tries one again that has ended badly, as often as it was allowed in the beginning. False when it is open
   * or has succeeded. Rejects with JobsError `ERR_JOBS_UNIQUE` while another open job has its name.
   */
  retry(): Promise<boolean> {
    return this.#store.retry(this.id);
  }

  /**
   * In words, for people: what it waits for; while it runs, who runs it and, on that machine, what its
   * processes wait for; how it ended.
   */
  async why(): Promise<string> {
    return why(this.#store, await this.info());
  }
}
