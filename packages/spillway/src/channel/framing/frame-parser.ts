/**
 * Splits a stream of bytes into frames, however it is cut: a length of four bytes, big-endian and unsigned,
 * then a body of that length.
 *
 * It knows neither descriptors nor the meaning of bodies. Its memory grows with the bytes that have arrived,
 * not with the length in a header.
 */
import { MAX_READ } from '../../pipe/index.js';
import { BadFrameError, isPrintable, MessageTooLargeError, TruncatedMessageError } from './errors.js';
import type { FrameReceiver, StreamParser } from './stream-parser.js';

export const HEADER_BYTES = 4;
/** The largest length that fits into a header. */
export const LARGEST_LENGTH = 2 ** 32 - 1;

/** Allocated at once for a body; for a larger body, at most twice the bytes that have come. */
const TAKEN_AT_ONCE = 2 * 1024 * 1024;
/** A rest smaller than this is read together with what follows it. */
const WORTH_A_READ = 4096;
/** After a body of this size, another is likely: the next read takes little more than its header. */
const LARGE_BODY = 16384;

export class FrameParser implements StreamParser {
  readonly #receiver: FrameReceiver;
  readonly #limit: number;
  /** The part of a header that has come. */
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  /** The memory of the body that is under way; possibly not yet all of it. */
  #body: Buffer | undefined;
  #length = 0;
  #filled = 0;
  readonly #bounds: number[] = [];
  readonly mostRead = MAX_READ;
  #expectsLarge = false;
  #isParsing = false;

  /** `limit`: the largest body in bytes. */
  constructor(limit: number, receiver: FrameReceiver) {
    this.#limit = limit;
    this.#receiver = receiver;
  }

  /** Whether a frame has begun and is not complete. */
  get isUnderWay(): boolean {
    return this.#body !== undefined || this.#headerBytes > 0;
  }

  /**
   * Whether the receiver is being given frames right now. A caller's codec may run then, and may call
   * anything.
   */
  get isParsing(): boolean {
    return this.#isParsing;
  }

  /** Whether the next read should take no more than a header and a little. */
  get expectsLarge(): boolean {
    return this.#expectsLarge;
  }

  /**
   * Takes the next bytes. Throws MessageTooLargeError or BadFrameError, after delivering the frames before
   * it.
   */
  push(chunk: Buffer): void {
    this.#isParsing = true;
    try {
      this.#parse(chunk);
    } finally {
      this.#isParsing = false;
    }
  }

  #parse(chunk: Buffer): void {
    let at = this.isUnderWay ? this.#continue(chunk) : 0;
    if (this.isUnderWay) return;
    let count = 0;
    const end = chunk.length;
    const bounds = this.#bounds;
    while (end - at >= HEADER_BYTES) {
      const length =
        (((chunk[at] as number) << 24) |
          ((chunk[at + 1] as number) << 16) |
          ((chunk[at + 2] as number) << 8) |
          (chunk[at + 3] as number)) >>>
        0;
      const from = at + HEADER_BYTES;
      if (length > this.#limit || from + length > end) break;
      bounds[2 * count] = from;
      bounds[2 * count + 1] = from + length;
      count++;
      at = from + length;
    }
    if (count > 0) {
      this.#expectsLarge = (bounds[1] as number) - (bounds[0] as number) >= LARGE_BODY;
      this.#receiver.inside(chunk, bounds, count);
    }
    if (at < end) this.#continue(chunk.subarray(at));
  }

  /**
   * Where the next bytes may be read to directly, instead of being pushed; undefined when they should be
   * pushed.
   */
  target(most: number): Buffer | undefined {
    if (!this.#body || this.#length - this.#filled < WORTH_A_READ) return undefined;
    this.#makeRoom();
    return this.#body.subarray(this.#filled, this.#filled + most);
  }

  /** Whether that target takes all that is missing of the body. */
  isRest(target: Buffer): boolean {
    return target.length === this.#length - this.#filled;
  }

  /** So many bytes have been read to the `target`. */
  advance(count: number): void {
    this.#filled += count;
    this.#isParsing = true;
    this.#finishIfWhole();
    this.#isParsing = false;
  }

  /** The error for a stream that ends at this point; undefined between two frames. */
  truncation(): TruncatedMessageError | undefined {
    if (this.#body) return new TruncatedMessageError(this.#filled, this.#length);
    return this.#headerBytes > 0 ? new TruncatedMessageError(0, undefined) : undefined;
  }

  /** Takes the bytes of a frame that is under way or begins here; returns their number. */
  #continue(chunk: Buffer): number {
    let at = 0;
    if (!this.#body) {
      at = Math.min(HEADER_BYTES - this.#headerBytes, chunk.length);
      chunk.copy(this.#header, this.#headerBytes, 0, at);
      this.#headerBytes += at;
      if (this.#headerBytes < HEADER_BYTES) return at;
      this.#headerBytes = 0;
      this.#begin(this.#header.readUInt32BE());
    }
    while (at < chunk.length && this.#filled < this.#length) {
      const body = this.#makeRoom();
      const count = chunk.copy(body, this.#filled, at);
      this.#filled += count;
      at += count;
    }
    this.#finishIfWhole();
    return at;
  }

  #begin(length: number): void {
    if (length > this.#limit) throw this.#refusal(length);
    this.#length = length;
    this.#filled = 0;
    this.#body =
      length > 4096 ? Buffer.allocUnsafeSlow(Math.min(length, TAKEN_AT_ONCE)) : Buffer.allocUnsafe(length);
  }

  #makeRoom(): Buffer {
    const body = this.#body as Buffer;
    if (this.#filled < body.length) return body;
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#length, 2 * body.length));
    body.copy(larger);
    this.#body = larger;
    return larger;
  }

  #finishIfWhole(): void {
    if (!this.#body || this.#filled < this.#length) return;
    const body = this.#body;
    this.#body = undefined;
    this.#expectsLarge = body.length >= LARGE_BODY;
    this.#receiver.assembled(body);
  }

  /**
   * Four printable characters are the length of a message of half a gigabyte or more: text in the channel is
   * the likelier cause.
   */
  #refusal(length: number): Error {
    return this.#header.every(isPrintable)
      ? new BadFrameError(Buffer.from(this.#header))
      : new MessageTooLargeError(length, this.#limit, 'receive');
  }
}
