/** Work on items that is postponed for a moment, because most items are gone by then. */
import { monotonicMs, setImmediate, setTimeout } from './host-time.js';

export interface Postponed<T> extends Iterable<T> {
  add(item: T): void;
  /** Takes the item out. False when it does not wait here. */
  delete(item: T): boolean;
}

/** For callers that cannot postpone: calls `act` at once. */
export function notPostponed<T>(act: (item: T) => void): Postponed<T> {
  return { add: act, delete: () => false, [Symbol.iterator]: () => [][Symbol.iterator]() };
}

/** Most short commands end within this time. */
const MOMENT_MS = 2;

const queues: { look(now: number): number }[] = [];
let isArmed = false;

/**
 * Calls `act` with each item that is still there a moment after it was added. One timer serves all items and
 * does not keep the program alive.
 */
export class PostponedByTimer<T> implements Postponed<T> {
  readonly #act: (item: T) => void;
  /** In the order in which they were added. */
  readonly #since = new Map<T, number>();

  constructor(act: (item: T) => void) {
    this.#act = act;
    queues.push(this);
  }

  add(item: T): void {
    this.#since.set(item, monotonicMs());
    if (!isArmed) arm(MOMENT_MS);
  }

  delete(item: T): boolean {
    return this.#since.delete(item);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#since.keys();
  }

  /** Acts on the items that are due. Returns the milliseconds until the next one is due, or Infinity. */
  look(now: number): number {
    for (const [item, since] of this.#since) {
      const left = since + MOMENT_MS - now;
      if (left > 0) return left;
      this.#since.delete(item);
      this.#act(item);
    }
    return Number.POSITIVE_INFINITY;
  }
}

function arm(ms: number): void {
  isArmed = true;
  setTimeout(lookSoon, ms).unref();
}

/**
 * The immediate runs after the event loop's next poll. In a program that was busy meanwhile, for example
 * starting a hundred others, that poll finds most of the exits. Unreferenced, it would let the loop sleep
 * first.
 */
function lookSoon(): void {
  setImmediate(() => {
    isArmed = false;
    const now = monotonicMs();
    const left = Math.min(...queues.map((queue) => queue.look(now)));
    if (left !== Number.POSITIVE_INFINITY && !isArmed) arm(Math.ceil(left));
  });
}
