/**
 * Small frames gathered for one write: a system call for each would cost more than everything else done for
 * it.
 *
 * Texts are gathered as one string and encoded by one call, because a call for each costs a third of a small
 * message's time. While they are ASCII, each has as many bytes as characters, and the lengths are filled into
 * the gaps that were left for them.
 */
import { HEADER_BYTES } from './frame-parser.js';

/** Bytes, or characters, that make a batch full. */
const BATCH_BYTES = 65536;
/**
 * Buffer.write stops before a character that does not fit. With this much to spare, a text that it cuts
 * cannot have as many bytes as characters.
 */
const SPARE_BYTES = 64;
const HEADER_ROOM = '\0'.repeat(HEADER_BYTES);

export class FrameBatch {
  #block: Buffer | undefined;
  #filled = 0;
  #text = '';
  #lengths: number[] = [];

  /** In bytes, while all texts are ASCII. */
  get size(): number {
    return this.#filled + this.#text.length;
  }

  /** Whether a body of so many bytes or characters fits. */
  fits(length: number): boolean {
    return this.size + HEADER_BYTES + length <= BATCH_BYTES;
  }

  /** The body must fit. */
  addText(text: string): void {
    this.#text += HEADER_ROOM + text;
    this.#lengths.push(text.length);
  }

  /** The body must fit; it is copied. */
  addBytes(body: Uint8Array): void {
    this.addHeader(body.length);
    const block = this.#block as Buffer;
    if (body.length > 64) block.set(body, this.#filled);
    else for (let i = 0; i < body.length; i++) block[this.#filled + i] = body[i] as number;
    this.#filled += body.length;
  }

  /** The header of a body that is written without a copy. A header always fits. */
  addHeader(length: number): void {
    if (this.#text !== '') this.#encode();
    this.#block ??= Buffer.allocUnsafeSlow(BATCH_BYTES + SPARE_BYTES);
    const block = this.#block;
    const at = this.#filled;
    block[at] = length >>> 24;
    block[at + 1] = length >>> 16;
    block[at + 2] = length >>> 8;
    block[at + 3] = length;
    this.#filled = at + HEADER_BYTES;
  }

  /**
   * Empties the batch: returns the block and how many of its bytes the batch has filled. The caller may give
   * the block back with `reuse`.
   */
  take(): { block: Buffer; count: number } {
    if (this.#text !== '') this.#encode();
    const block = this.#block as Buffer;
    const count = this.#filled;
    this.#block = undefined;
    this.#filled = 0;
    return { block, count };
  }

  /** The block is written, and can be filled again. */
  reuse(block: Buffer): void {
    if (block.length === BATCH_BYTES + SPARE_BYTES) this.#block ??= block;
  }

  #encode(): void {
    const [text, lengths] = [this.#text, this.#lengths];
    this.#text = '';
    this.#lengths = [];
    this.#block ??= Buffer.allocUnsafeSlow(BATCH_BYTES + SPARE_BYTES);
    const block = this.#block;
    const start = this.#filled;
    if (block.write(text, start) !== text.length) {
      this.#encodeOneByOne(text, lengths);
      return;
    }
    let at = start;
    for (const length of lengths) {
      block[at] = length >>> 24;
      block[at + 1] = length >>> 16;
      block[at + 2] = length >>> 8;
      block[at + 3] = length;
      at += HEADER_BYTES + length;
    }
    this.#filled = at;
  }

  #encodeOneByOne(text: string, lengths: readonly number[]): void {
    const before = (this.#block as Buffer).subarray(0, this.#filled);
    const block = Buffer.allocUnsafeSlow(
      Math.max(BATCH_BYTES, before.length + Buffer.byteLength(text)) + SPARE_BYTES,
    );
    before.copy(block);
    let at = before.length;
    let from = 0;
    for (const length of lengths) {
      from += HEADER_BYTES;
      const bytes = block.write(text.slice(from, from + length), at + HEADER_BYTES);
      block.writeUInt32BE(bytes, at);
      at += HEADER_BYTES + bytes;
      from += length;
    }
    this.#block = block;
    this.#filled = at;
  }
}
