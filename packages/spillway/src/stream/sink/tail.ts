/** Keeps the last bytes of a stream. */

import type { TextEncoding } from '../reading/index.js';
import { Output } from '../reading/index.js';
import { SimpleSink } from './sink.js';

export class Tail extends SimpleSink {
  /** In bytes. */
  readonly limit: number;
  #chunks: Buffer[] = [];
  #held = 0;
  #seen = 0;

  constructor(bytes: number) {
    super();
    this.limit = bytes;
  }

  override write(view: Buffer): void {
    this.#seen += view.length;
    const kept = Buffer.from(view.subarray(Math.max(0, view.length - this.limit)));
    this.#chunks.push(kept);
    this.#held += kept.length;
    // Compacts only at twice the limit: each byte is copied at most twice, however small the chunks.
    if (this.#held >= 2 * this.limit || this.#chunks.length > 1024) this.#compact();
  }

  output(encoding: TextEncoding): Output {
    this.#compact();
    return new Output(this.#chunks, encoding, undefined, this.#seen - this.#held);
  }

  #compact(): void {
    const all = Buffer.concat(this.#chunks);
    const kept = Buffer.from(all.subarray(Math.max(0, all.length - this.limit)));
    this.#chunks = [kept];
    this.#held = kept.length;
  }
}
