/** The exact bytes of a captured stream: in memory and, beyond the bound, in an unlinked file. */

import { read } from 'node:fs';
import { inspect } from 'node:util';
import { queueMicrotask, withCode } from '../../base/index.js';
import { ByteStream, decode, tooLong } from './byte-stream.js';
import type { Feed, Receiver } from './feed.js';
import type { TextEncoding } from './lines.js';
import { closeNow, closeWhenForgotten, readFully } from './spill-file.js';

/**
 * Each chunk is handed out as a copy, which soon becomes garbage. With 64 KiB some 4 MB more wait for the
 * garbage collector; with 16 KiB reading takes twice as long.
 */
const READ_BYTES = 32 * 1024;

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
export class Output extends ByteStream {
  /** The total number of bytes. */
  readonly size: number;
  /** Whether a part is on disk. */
  readonly spilled: boolean;
  /** With `{ tail: bytes }`, the number of earlier bytes that were not kept; otherwise 0. */
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

  protected override open(receiver: Receiver): Feed {
    return this.replayTo(receiver);
  }

  /** Feeds all bytes to a receiver. */
  replayTo(receiver: Receiver): Feed {
    return new Replay(this.size, (position, into) => this.#readAt(position, into), receiver);
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
  async #readAt(position: number, into: Buffer): Promise<Buffer> {
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

function readBlock(fd: number, into: Buffer, position: number, most: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    read(fd, into, 0, Math.min(into.length, most), position, (error, count) =>
      error ? reject(error) : resolve(into.subarray(0, count)),
    );
  });
}

/** Feeds captured bytes to a receiver, at the receiver's pace. */
class Replay implements Feed {
  readonly #size: number;
  readonly #readAt: (position: number, into: Buffer) => Promise<Buffer>;
  readonly #receiver: Receiver;
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  #position = 0;
  #paused = false;
  #cancelled = false;

  constructor(size: number, readAt: (position: number, into: Buffer) => Promise<Buffer>, receiver: Receiver) {
    this.#size = size;
    this.#readAt = readAt;
    this.#receiver = receiver;
    queueMicrotask(() => this.#run());
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    queueMicrotask(() => this.#run());
  }

  cancel(): void {
    this.#cancelled = true;
  }

  async #run(): Promise<void> {
    try {
      while (this.#position < this.#size) {
        const part = await this.#readAt(this.#position, this.#buffer);
        if (this.#cancelled) return;
        if (part.length === 0)
          throw new Error(`the spill file ends at byte ${this.#position} of ${this.#size}`);
        this.#position += part.length;
        if (!this.#receiver.chunk(part)) {
          this.#paused = true;
          return;
        }
      }
      if (!this.#cancelled) this.#receiver.end();
    } catch (error) {
      if (!this.#cancelled) this.#receiver.end(error);
    }
  }
}
