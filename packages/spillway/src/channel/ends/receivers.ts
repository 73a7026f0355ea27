/** The `receive`s that wait for a message: first come, first served. Each may give up. */

import type { Waiter } from '../../base/index.js';
import type { Inbox } from './inbox.js';
import { type Cancellation, onCancellation } from './waiting.js';

export class Receivers<T> {
  readonly #waiters = new Set<Waiter<T>>();
  readonly #changed: () => void;

  /** `changed` is called when the first one begins to wait, and when the last one stops. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get isEmpty(): boolean {
    return this.#waiters.size === 0;
  }

  /** The next message for this one. `timedOut` makes the error for a timeout. */
  wait(cancellation: Cancellation | undefined, timedOut: (timeoutMs: number) => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!cancellation) {
        this.#add({ resolve, reject });
        return;
      }
      const stop = onCancellation(
        cancellation,
        () => timedOut(cancellation.timeoutMs),
        (error) => {
          this.#waiters.delete(waiter);
          if (this.isEmpty) this.#changed();
          reject(error);
        },
      );
      const waiter: Waiter<T> = {
        resolve: (value) => {
          stop();
          resolve(value);
        },
        reject: (error) => {
          stop();
          reject(error);
        },
      };
      this.#add(waiter);
    });
  }

  /** Gives the messages of the inbox to those that wait, as far as they go. */
  serveFrom(inbox: Inbox): void {
    if (this.isEmpty) return;
    for (const waiter of this.#waiters) {
      if (inbox.isEmpty) break;
      this.#waiters.delete(waiter);
      inbox.giveTo(waiter as Waiter<never>);
    }
    if (this.isEmpty) this.#changed();
  }

  rejectAll(error: Error): void {
    if (this.isEmpty) return;
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
    this.#changed();
  }

  #add(waiter: Waiter<T>): void {
    this.#waiters.add(waiter);
    if (this.#waiters.size === 1) this.#changed();
  }
}
