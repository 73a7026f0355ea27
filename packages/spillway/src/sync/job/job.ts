/** A running sync. */
import { Deadline, onAbort } from '../../base/index.js';
import type { Settings } from '../options/index.js';
import { Cancelled, conduct, OutOfTime } from './conduct.js';
import { isFailure, SyncError } from './error.js';
import { EventQueue } from './event-queue.js';
import type { SyncEvent } from './events.js';
import { Journal } from './journal.js';
import type { Report } from './report.js';
import { Totals } from './totals.js';

const SIGINT = 2;

/**
 * A running sync. A loop over it gives its events, of which the last is the summary; `await using` ends it
 * with the scope.
 */
export class SyncJob implements AsyncIterable<SyncEvent>, AsyncDisposable {
  readonly #events = new EventQueue();
  readonly #stop = new AbortController();
  /** Functions that end at once what runs. */
  readonly #running = new Set<() => void>();
  readonly #report: Promise<Report>;
  #isOver = false;
  #result: Promise<Report> | undefined;

  constructor(settings: Settings) {
    this.#report = this.#run(settings);
    // Told by `result`, and by nothing else.
    this.#report.catch(() => this.#events.end());
  }

  /**
   * Settles when everything is over and nothing of it runs, here or at the far end. Resolves when it is done;
   * rejects with SyncError otherwise. The promise is made at the first access, so a failure is never an
   * unhandled rejection of a promise that the caller does not use.
   */
  get result(): Promise<Report> {
    this.#result ??= this.#report.then((report) => {
      if (isFailure(report.outcome)) throw new SyncError(report);
      return report;
    });
    return this.#result;
  }

  /** The same without a rejection for what went wrong. */
  get report(): Promise<Report> {
    return this.#report;
  }

  /** Ends it in order, and keeps what has arrived; called again, it ends it at once. */
  cancel(signalNumber = SIGINT): void {
    if (!this.#stop.signal.aborted) this.#stop.abort(new Cancelled(signalNumber));
    else for (const endNow of this.#running) endNow();
  }

  [Symbol.asyncIterator](): AsyncIterator<SyncEvent> {
    return this.#events.read();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) this.cancel();
    await this.#report.catch(() => {});
  }

  async #run(settings: Settings): Promise<Report> {
    const journal = new Journal(this.#events, new Totals(), settings.names);
    const { signal } = settings;
    const aborted = () => this.#stop.abort(signal?.reason);
    const forget = signal ? onAbort(signal, aborted) : () => {};
    if (signal?.aborted) aborted();
    const limit = new Deadline(settings.maxDurationMs, () => this.#stop.abort(new OutOfTime()));
    try {
      // Not before the caller can read it.
      await undefined;
      const controls = { signal: this.#stop.signal, running: this.#running };
      const { outcome, exitCode, message } = await conduct(settings, journal, controls);
      const report = journal.report(settings, outcome, exitCode, message);
      this.#events.tell({ type: 'summary', ...report });
      return report;
    } finally {
      this.#isOver = true;
      limit.cancel();
      forget();
    }
  }
}
