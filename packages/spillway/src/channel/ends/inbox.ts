/** Messages that have come and that nobody has taken, in their order. */
import { Undecodable } from '../framing/index.js';

export class Inbox {
  #values: unknown[] = [];
  #head = 0;

  get isEmpty(): boolean {
    return this.#head === this.#values.length;
  }

  get first(): unknown {
    return this.#values[this.#head];
  }

  /** Where messages are appended to. */
  get values(): unknown[] {
    return this.#values;
  }

  /** The next one; only when there is one. */
  take(): unknown {
    const value = this.#values[this.#head];
    this.#values[this.#head++] = undefined;
    if (this.isEmpty) this.#begin();
    return value;
  }

  /** All up to one that could not be decoded, which stays; never empty unless that is the first. */
  takeBatch(): unknown[] {
    let end = this.#head;
    while (end < this.#values.length && !(this.#values[end] instanceof Undecodable)) end++;
    if (this.#head === 0 && end === this.#values.length) {
      const batch = this.#values;
      this.#begin();
      return batch;
    }
    const batch = this.#values.slice(this.#head, end);
    this.#head = end;
    if (this.isEmpty) this.#begin();
    return batch;
  }

  /** What was not taken is let go of. */
  clear(): void {
    this.#begin();
  }

  #begin(): void {
    this.#values = [];
    this.#head = 0;
  }
}
