/** A timer that can be postponed, and can be longer than Node's longest. */
import { monotonicMs } from './host-time.js';
import { nodeTimers, type Timer, type Timers } from './timers.js';

/** Above this, setTimeout fires at once (2^31 - 1 ms, some 24.8 days). */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Calls `expire` once, when `ms` have passed since the start or the last `postpone`. Infinity never expires.
 * Postponing costs one look at the clock and no timer.
 */
export class Deadline {
  readonly #ms: number;
  readonly #expire: (lateMs: number) => void;
  #since = monotonicMs();
  readonly #timers: Timers;
  #timer: Timer | undefined;
  #holdsEventLoop = true;

  /** `expire` gets how late it is called: a busy event loop, or a stop of this whole process, delays it. */
  constructor(ms: number, expire: (lateMs: number) => void, timers = nodeTimers) {
    this.#ms = ms;
    this.#timers = timers;
    this.#expire = expire;
    if (ms !== Number.POSITIVE_INFINITY) this.#arm(ms);
  }

  postpone(): void {
    this.#since = monotonicMs();
  }

  /** Starts again from zero, also after it has expired. */
  restart(): void {
    this.cancel();
    this.postpone();
    this.#arm(this.#ms);
  }

  /** It no longer keeps the program alive. */
  unref(): void {
    this.#holdsEventLoop = false;
    this.#timer?.unref?.();
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(remaining: number): void {
    this.#timer = this.#timers.after(Math.min(remaining, LONGEST_TIMER), () => this.#check());
    if (!this.#holdsEventLoop) this.#timer.unref?.();
  }

  #check(): void {
    const remaining = this.#since + this.#ms - monotonicMs();
    // A timer may fire a fraction of a millisecond early.
    if (remaining >= 1) this.#arm(remaining);
    else this.#expire(Math.max(0, -remaining));
  }
}
