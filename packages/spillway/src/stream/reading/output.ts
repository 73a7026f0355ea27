/** The exact bytes of a captured stream: in memory and, beyond the bound, in an unlinked file. */

import { inspect } from 'node:util';
import { withCode } from '../../base/index.js';
import { ByteStream, decode, tooLong } from './byte-stream.js';
import type { Feed, Receiver } from './feed.js';
import type { TextEncoding } from './line-splitter.js';
import { Replay, type Stored } from './replay.js';
import { closeNow, closeWhenForgotten, readBlock, readFully } from './spill-file.js';

/** The part of an output that did not fit into memory. */
interface Spilled {
  readonly fd: number;
  readonly size: number;
  /** Bytes for which the disk had no room. */
  readonly tail: readonly Buffer[];
}

/**
 * All bytes of a captured stream. May be read any number of times, also concurrently. A spilled output holds
 * one descriptor until it is disposed of (`using`, or `close()`) or garbage collected.
 */
export class Output extends ByteStream implements Stored {
  /** The total number of bytes. */
  readonly size: number;
  /** Whether a part is on disk. */
  readonly spilled: boolean;
  /** The number of earlier bytes that were not kept: before a `{ tail }`, or read while the child ran. */
  readonly omitted: number;
  readonly #head: readonly Buffer[];
  readonly #spill: Spilled | undefined;
  #closed = false;

  constructor(head: readonly Buffer[], encoding: TextEncoding, spill?: Spilled, omitted = 0) {
    super(encoding);
    this.#head = head;
    this.#spill = spill;
    this.spilled = spill !== undefined;
    this.omitted = omitted;
    this.size = sum(head) + (spill ? spill.size + sum(spill.tail) : 0);
    if (spill) closeWhenForgotten(this, spill.fd);
  }

  /** Frees the descriptor and the disk space of a spilled output, which can then no longer be read. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#spill) closeNow(this, this.#spill.fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** All bytes at once, without a promise; reading a spilled part blocks the event loop. */
  bytesSync(): Buffer {
    return this.#slice(0, this.size);
  }

  /** All bytes as text, without a promise, the last newline included. Errors: RangeError as for `text()`. */
  textSync(): string {
    // Only a rough check, to avoid the read. The exact one is in the decoder, since characters have one to
    // four bytes and one or two string units.
    if (this.size > 2 ** 31) throw tooLong(this.size);
    return decode(this.bytesSync(), this.encoding);
  }

  /** The last bytes, at most `count`. */
  lastBytes(count: number): Buffer {
    return this.#slice(Math.max(0, this.size - count), this.size);
  }

  /** Their text, which begins with a whole code unit. */
  lastText(count: number): string {
    const bytes = this.lastBytes(count);
    const isInUnit = this.encoding === 'utf16le' && (this.size - bytes.length) % 2 === 1;
    return decode(isInUnit ? bytes.subarray(1) : bytes, this.encoding);
  }

  protected override open(receiver: Receiver): Feed {
    const ended = () => {
      receiver.last();
      receiver.end();
    };
    const replay = new Replay(
      () => this,
      0,
      receiver,
      ended,
      (error) => receiver.end(error),
    );
    return { resume: () => replay.resume(), cancel: () => replay.cancel(), release: () => replay.cancel() };
  }

  [inspect.custom](): string {
    return `Output { size: ${this.size}, spilled: ${this.spilled} }`;
  }

  /** In order: memory, the file, the bytes that the disk did not take. */
  #slice(start: number, end: number): Buffer {
    this.#requireOpen();
    const parts: Buffer[] = [];
    let position = 0;
    const take = (part: Buffer) => {
      if (position < end && position + part.length > start) {
        parts.push(part.subarray(Math.max(0, start - position), end - position));
      }
      position += part.length;
    };
    for (const part of this.#head) take(part);
    if (this.#spill) {
      const { fd, size, tail } = this.#spill;
      const from = Math.max(0, start - position);
      const count = Math.min(size, end - position) - from;
      if (count > 0) {
        const part = Buffer.allocUnsafeSlow(count);
        parts.push(part.subarray(0, readFully(fd, part, from)));
      }
      position += size;
      for (const part of tail) take(part);
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  /** Some bytes from `position` on: a view of kept bytes, or of `into` with bytes from the file. */
  async readAt(position: number, into: Buffer): Promise<Buffer> {
    this.#requireOpen();
    let start = 0;
    for (const part of this.#head) {
      if (position < start + part.length) return part.subarray(position - start);
      start += part.length;
    }
    const { fd, size, tail } = this.#spill as Spilled;
    if (position < start + size) {
      const part = await readBlock(fd, into, position - start, start + size - position);
      // If the output was closed meanwhile, the descriptor may have belonged to another file.
      this.#requireOpen();
      return part;
    }
    start += size;
    for (const part of tail) {
      if (position < start + part.length) return part.subarray(position - start);
      start += part.length;
    }
    return Buffer.alloc(0);
  }

  #requireOpen(): void {
    if (!this.#closed || !this.#spill) return;
    const problem = 'this output was closed; read it before close(), or before its scope ends';
    throw withCode(new Error(problem), 'ERR_OUTPUT_CLOSED');
  }
}

function sum(parts: readonly Buffer[]): number {
  return parts.reduce((total, { length }) => total + length, 0);
}
