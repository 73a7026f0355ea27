/**
 * Whether small messages are written one by one, or gathered until the end of this turn of the event loop.
 *
 * A single message is written at once, so that an answer does not wait. A message that follows a write
 * closely is likely one of many, which are cheaper together.
 */
import { monotonicMs, setImmediate } from '../../base/index.js';

/** Bytes that may wait for room before senders must wait. */
export const HIGH_WATER = 65536;
/** Senders may go on this long without returning to the event loop, where timers and other channels wait. */
const TURN_MS = 5;
/** A message that follows a write within this time counts as one of many: five times the cost of a write. */
const CLOSE_MS = 0.005;

export class Gathering {
  readonly #ended: () => void;
  /** When gathering began; undefined while messages are written one by one. */
  #began: number | undefined;
  #wroteAt = Number.NEGATIVE_INFINITY;

  /** `ended` is called at the end of a turn in which messages were gathered. */
  constructor(ended: () => void) {
    this.#ended = ended;
  }

  get isUnderWay(): boolean {
    return this.#began !== undefined;
  }

  /**
   * For the first message: whether to write it at once. False: it follows a write closely, and gathering
   * begins.
   */
  mayWriteNow(): boolean {
    const now = monotonicMs();
    if (now - this.#wroteAt <= CLOSE_MS) {
      this.#begin(now);
      return false;
    }
    this.#wroteAt = now;
    return true;
  }

  /**
   * Whether senders have gone on for long enough in this turn. Begins gathering, so that the turn's end is
   * reported.
   */
  isLong(): boolean {
    const now = monotonicMs();
    return now - (this.#began ?? this.#begin(now)) > TURN_MS;
  }

  #begin(now: number): number {
    this.#began = now;
    setImmediate(() => {
      this.#began = undefined;
      this.#wroteAt = monotonicMs();
      this.#ended();
    });
    return now;
  }
}
