/** Waiting for a time that is due, by a clock that may be set meanwhile. */
import { clearTimeout, dateNow, setTimeout } from '../../base/index.js';
import type { Schedule } from './schedule.js';

/** Looked at so often: a clock that is set, and a machine that slept, are noticed by then. */
const LONGEST_LOOK_MS = 30_000;
/** Set back by less, the time that is due stays. */
const SET_BACK_MS = 2000;

export class Clock {
  readonly #schedule: Schedule;
  #dueMs: number | undefined;
  #seenMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  /** When the next time is due; undefined when there is none. Call it once for each time. */
  next(extraMs = 0): Date | undefined {
    const now = dateNow();
    const untilMs = this.#schedule.untilNextMs(now);
    this.#seenMs = now.getTime();
    this.#dueMs = untilMs === undefined ? undefined : this.#seenMs + untilMs + extraMs;
    return this.#dueMs === undefined ? undefined : new Date(this.#dueMs);
  }

  /** True at that time; false once `end` is called. */
  async due(): Promise<boolean> {
    while (!this.#isOver && this.#dueMs !== undefined) {
      const nowMs = dateNow().getTime();
      // Set back: what is due is found anew, or a command would wait for a time that was already there.
      if (nowMs < this.#seenMs - SET_BACK_MS) this.next();
      this.#seenMs = nowMs;
      const leftMs = this.#dueMs - nowMs;
      if (leftMs <= 0) return true;
      await this.#pause(Math.min(leftMs, LONGEST_LOOK_MS));
    }
    return false;
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#wake?.();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(resolve, ms);
    });
  }
}
