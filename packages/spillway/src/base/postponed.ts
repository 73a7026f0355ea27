/** What is done with each of many things only when it has lasted for a moment, as most of them do not. */

export interface Postponed<T> extends Iterable<T> {
  add(item: T): void;
  /** It is over. False when it does not wait here (any more). */
  delete(item: T): boolean;
}

/** Where nothing can be put off: `act` is called at once. */
export function notPostponed<T>(act: (item: T) => void): Postponed<T> {
  return { add: act, delete: () => false, [Symbol.iterator]: () => [][Symbol.iterator]() };
}

/** Most short commands have ended by then. */
const MOMENT_MS = 2;

const queues: { look(now: number): number }[] = [];
let isArmed = false;

/** Calls `act` with each item that is still there a moment after it was added. One timer serves all; it holds no event loop. */
export class PostponedByTimer<T> implements Postponed<T> {
  readonly #act: (item: T) => void;
  /** In the order of their times. */
  readonly #since = new Map<T, number>();

  constructor(act: (item: T) => void) {
    this.#act = act;
    queues.push(this);
  }

  add(item: T): void {
    this.#since.set(item, performance.now());
    if (!isArmed) arm(MOMENT_MS);
  }

  delete(item: T): boolean {
    return this.#since.delete(item);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#since.keys();
  }

  /** Acts on what is due; returns how long the next one has to wait, in milliseconds, or Infinity. */
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
 * An immediate comes after the loop's next look at what has happened: in a program that was busy meanwhile, as with starting a hundred
 * others, that is when most of the ends are found. It is not unreferenced, or the loop would sleep before it.
 */
function lookSoon(): void {
  setImmediate(() => {
    isArmed = false;
    const now = performance.now();
    const left = Math.min(...queues.map((queue) => queue.look(now)));
    if (left !== Number.POSITIVE_INFINITY && !isArmed) arm(Math.ceil(left));
  });
}
