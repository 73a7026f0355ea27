/** Calls of `next()` that wait for a value, and the end of the iteration, which answers them. */

import type { Waiter } from '../../base/index.js';

/** `'ended'`: no value follows, and the reader does not know yet. `'over'`: the reader knows, or has left. */
type Phase = { readonly is: 'open' | 'over' } | { readonly is: 'ended'; readonly error: unknown };

export class Reads<T> {
  readonly #waiting: Waiter<IteratorResult<T>>[] = [];
  #phase: Phase = { is: 'open' };

  get isOver(): boolean {
    return this.#phase.is === 'over';
  }

  /** The next value, or the end. An error rejects once; after that the iteration is over. */
  wait(): Promise<IteratorResult<T>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (this.#phase.is !== 'open') this.#answerAll();
    });
  }

  /** False when no call waits for the value. */
  give(value: T): boolean {
    const waiter = this.#waiting.shift();
    waiter?.resolve({ done: false, value });
    return waiter !== undefined;
  }

  /** No value follows; with an error when not all could be had. */
  end(error?: unknown): void {
    if (this.#phase.is !== 'open') return;
    this.#phase = { is: 'ended', error };
    this.#answerAll();
  }

  /** The reader wants no more. */
  leave(): void {
    this.#phase = { is: 'over' };
    this.#answerAll();
  }

  #answerAll(): void {
    for (const waiter of this.#waiting.splice(0)) {
      const error = this.#phase.is === 'ended' ? this.#phase.error : undefined;
      this.#phase = { is: 'over' };
      if (error === undefined) waiter.resolve({ done: true, value: undefined });
      else waiter.reject(error);
    }
  }
}
