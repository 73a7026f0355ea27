/** The exact bytes of a captured stream, in memory and, beyond the bound, in an unlinked file. */
import { read } from 'node:fs';
import { inspect } from 'node:util';
import { ByteStream, decode, tooLong } from './byte-stream.js';
import type { Feed, Receiver } from './feed.js';
import type { TextEncoding } from './lines.js';
import { closeNow, closeWhenForgotten, readFully } from './spill-file.js';

/**
 * Each chunk is handed out as a copy, which is garbage soon after: with 64 KiB some 4 MB more wait for the
 * collector, with 16 it takes twice as long.
 */
const READ_BYTES = 32 * 1024;

/** The part of an output that did not fit into memory. */
interface Spilled {
  readonly fd: number;
  readonly size: number;
  /** What the disk had no room for. */
  readonly tail: readonly Buffer[];
}

/**
 * What a stream brought, byte by byte. May be read any number of times, also side by side. An output that has
 * spilled holds one descriptor until it is disposed of (`using`, or `close()`) or garbage collected.
 */
export class Output extends ByteStream {
  /** Bytes in all. */
  readonly size: number;
  /** Whether a part of it is on disk. */
  readonly spilled: boolean;
  /** Bytes that came before these and were not kept, as `{ tail: bytes }` asked; otherwise 0. */
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

  /** Gives the descriptor and the disk space of a spilled output back; its bytes cannot be read any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#spill) closeNow(this, this.#spill.fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** All bytes at once, without waiting; a spilled part is read while the event loop stands still. */
  bytesSync(): Buffer {
    return this.#slice(0, this.size);
  }

  /** All of it as text, without waiting, its last newline included. Errors: RangeError as for `text()`. */
  textSync(): string {
    // Every character takes one byte or more, but of four-byte ones two units of a string: the limit is
    // checked when decoding.
    if (this.size > 2 ** 31) throw tooLong(this.size);
    return decode(this.bytesSync(), this.encoding);
  }

  /** At most this many of the last bytes. */
  lastBytes(count: number): Buffer {
    return this.#slice(Math.max(0, this.size - count), this.size);
  }

  protected override open(receiver: Receiver): Feed {
    return this.replayTo(receiver);
  }

  /** Hands all bytes to a receiver, as any of the ways to read does. */
  replayTo(receiver: Receiver): Feed {
    return new Replay(this.size, (position, into) => this.#readAt(position, into), receiver);
  }

  [inspect.custom](): string {
    return `Output { size: ${this.size}, spilled: ${this.spilled} }`;
  }

  /** Memory first, then the file, then what the disk did not take. */
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

  /** Some bytes from there on: a view of what is kept, or of `into`, where the file was read to. */
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
      // Closed meanwhile, the number may have been another file's.
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
    if (this.#closed && this.#spill)
      throw new Error('this output was closed; read it before close(), or before its scope ends');
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

/** Hands captured bytes to a receiver, at its pace. */
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
