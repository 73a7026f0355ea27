/** Decoded messages that no `receive` has taken yet, in their order. */

import type { Waiter } from '../../base/index.js';
import { CodecError, MessageLostError, Undecodable } from '../framing/index.js';

export class Inbox {
  readonly #codecWord: string;
  #values: unknown[] = [];
  #head = 0;

  /** `codecWord`: the codec's name in errors. */
  constructor(codecWord: string) {
    this.#codecWord = codecWord;
  }

  get isEmpty(): boolean {
    return this.#head === this.#values.length;
  }

  /** Whether the next one is a message, not one that could not be decoded or is lost. */
  get startsWithMessage(): boolean {
    return !this.isEmpty && !(this.#values[this.#head] instanceof Undecodable);
  }

  /** The array that the parser appends messages to. */
  get values(): unknown[] {
    return this.#values;
  }

  /** The next one as it stands here; only when there is one. */
  take(): unknown {
    const value = this.#values[this.#head];
    this.#values[this.#head++] = undefined;
    if (this.isEmpty) this.clear();
    return value;
  }

  /** The next one as `receive` returns it: a rejection if it could not be decoded. */
  takeSettled(): Promise<unknown> {
    const value = this.take();
    return value instanceof Undecodable ? Promise.reject(this.#errorOf(value)) : Promise.resolve(value);
  }

  /** Settles a waiting `receive` with the next one. */
  giveTo(waiter: Waiter<never>): void {
    const value = this.take();
    if (value instanceof Undecodable) waiter.reject(this.#errorOf(value));
    else waiter.resolve(value as never);
  }

  /** All messages up to one that could not be decoded, which stays; empty only when that is the first. */
  takeBatch(): unknown[] {
    let end = this.#head;
    while (end < this.#values.length && !(this.#values[end] instanceof Undecodable)) end++;
    if (this.#head === 0 && end === this.#values.length) {
      const batch = this.#values;
      this.clear();
      return batch;
    }
    const batch = this.#values.slice(this.#head, end);
    this.#head = end;
    if (this.isEmpty) this.clear();
    return batch;
  }

  clear(): void {
    this.#values = [];
    this.#head = 0;
  }

  #errorOf({ cause, body }: Undecodable): Error {
    return cause instanceof MessageLostError ? cause : new CodecError(this.#codecWord, cause, body);
  }
}
