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

  /** Bytes that have gone elsewhere. */
  skip(count: number): void {
    this.#seen += count;
  }

  override write(view: Buffer): void {
    this.#seen += view.length;
    const kept = Buffer.from(view.subarray(Math.max(0, view.length - this.limit)));
    this.#chunks.push(kept);
    this.#held += kept.length;
    // Compacts only at twice the limit: each byte is copied at most twice, however small the chunks.
    if (this.#held >= 2 * this.limit || this.#chunks.length > 1024) this.#compact();
  }

  /** From the first whole code unit on. */
  output(encoding: TextEncoding): Output {
    this.#compact();
    const omitted = this.#seen - this.#held;
    const isInUnit = encoding === 'utf16le' && omitted % 2 === 1 && this.#held > 0;
    if (!isInUnit) return new Output(this.#chunks, encoding, undefined, omitted);
    return new Output([Buffer.concat(this.#chunks).subarray(1)], encoding, undefined, omitted + 1);
  }

  #compact(): void {
    const all = Buffer.concat(this.#chunks);
    const kept = Buffer.from(all.subarray(Math.max(0, all.length - this.limit)));
    this.#chunks = [kept];
    this.#held = kept.length;
  }
}
