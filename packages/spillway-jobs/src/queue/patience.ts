/** Waiting for what a database tells: at some distance, and through its absence for a while. */
import { setTimeout as sleep } from 'node:timers/promises';
import { JobsError } from '../store/index.js';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;
/** A database that is started anew is back by then. */
const MOST_ABSENCE_MS = 120_000;

/** Pauses that grow from one look to the next, until there is something to see. */
export class Pauses {
  #ms = FIRST_PAUSE_MS;

  /** Resolves at the abort, too. `mostMs`: of this pause. */
  async pause(signal?: AbortSignal, mostMs = Number.POSITIVE_INFINITY): Promise<void> {
    const ms = Math.min(this.#ms, mostMs);
    this.#ms = Math.min(this.#ms * 1.5, LONGEST_PAUSE_MS);
    await sleep(ms, undefined, signal ? { signal } : {}).catch(() => {});
  }

  reset(): void {
    this.#ms = FIRST_PAUSE_MS;
  }
}

/** Calls it again while the database is away, for two minutes at most. It must change nothing. */
export async function patiently<T>(look: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const since = performance.now();
  const pauses = new Pauses();
  for (;;) {
    try {
      return await look();
    } catch (error) {
      const isAway =
        error instanceof JobsError && ['ERR_JOBS_NO_DATABASE', 'ERR_JOBS_CONNECTION'].includes(error.code);
      if (!isAway || signal?.aborted || performance.now() - since > MOST_ABSENCE_MS) throw error;
    }
    await pauses.pause(signal);
  }
}
