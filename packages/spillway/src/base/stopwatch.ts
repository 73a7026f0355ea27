import { dateNow, monotonicMs } from './host-time.js';

/** The time since a moment: a date for people, the monotonic clock for durations. */
export class Stopwatch {
  readonly startedAt = dateNow();
  readonly #startedMs = monotonicMs();

  get elapsedMs(): number {
    return monotonicMs() - this.#startedMs;
  }
}
