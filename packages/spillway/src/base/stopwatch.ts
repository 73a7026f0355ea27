/** The time since a moment: a date for people, the monotonic clock for durations. */
export class Stopwatch {
  readonly startedAt = new Date();
  readonly #startedMs = performance.now();

  get elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }
}
