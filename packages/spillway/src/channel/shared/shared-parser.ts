/**
 * Splits the stream of a shared pipe, however it is cut, into frames of several writers.
 *
 * A mistake within a writer's frames costs its message only. Bytes that cannot be a frame end the stream.
 */
import { LARGE_PIPE_BYTES } from '../../pipe/index.js';
import type { LossReceiver, StreamParser } from '../framing/index.js';
import {
  BadFrameError,
  HEADER_BYTES,
  isPrintable,
  MessageLostError,
  TruncatedMessageError,
} from '../framing/index.js';
import { Reassembly } from './reassembly.js';
import { AT, KIND, LIFE_BYTES, MARK, MOST_FRAME_BYTES, SHARED_HEADER_BYTES } from './shared-frame.js';

export interface SharedLimits {
  /** The largest message in bytes. */
  readonly limit: number;
  /** Bytes that half-finished messages may hold in all. */
  readonly pendingLimit: number;
}

export interface SharedParserHooks {
  /** The first message is half-finished; before there was none. */
  begun(): void;
  /** Half-finished messages hold more than half of `pendingLimit`: call `look`. */
  pressed(): void;
}

const SHOWN_BYTES = 16;

export class SharedParser implements StreamParser {
  readonly #limit: number;
  readonly #receiver: LossReceiver;
  readonly #reassembly: Reassembly;
  /** The part of a frame that has come. */
  readonly #cut = Buffer.allocUnsafeSlow(MOST_FRAME_BYTES);
  #cutBytes = 0;
  /** Bytes of the stream that are parsed. */
  #position = 0;
  readonly #bounds: number[] = [];
  #count = 0;
  #isParsing = false;

  /**
   * The capacity of an enlarged pipe: each read of a full pipe wakes every writer that waits, most of them in
   * vain.
   */
  readonly mostRead = LARGE_PIPE_BYTES;
  readonly expectsLarge = false;

  constructor({ limit, pendingLimit }: SharedLimits, receiver: LossReceiver, hooks: SharedParserHooks) {
    this.#limit = limit;
    this.#receiver = receiver;
    this.#reassembly = new Reassembly(limit, pendingLimit, {
      assembled: (body) => receiver.assembled(body),
      lost: (error) => receiver.lost(error),
      begun: () => hooks.begun(),
      pressed: () => hooks.pressed(),
    });
  }

  get isUnderWay(): boolean {
    return this.#cutBytes > 0 || this.hasHalves;
  }

  /** Whether messages have come in part. */
  get hasHalves(): boolean {
    return !this.#reassembly.isEmpty;
  }

  get isParsing(): boolean {
    return this.#isParsing;
  }

  /** Bytes that half-finished messages hold. */
  get heldBytes(): number {
    return this.#reassembly.heldBytes;
  }

  push(chunk: Buffer): void {
    this.#isParsing = true;
    try {
      this.#parse(chunk);
      this.#reassembly.passed(this.#position);
    } finally {
      this.#isParsing = false;
    }
  }

  target(): undefined {
    return undefined;
  }

  isRest(): boolean {
    return false;
  }

  advance(): void {}

  /** Looks for writers that have ended. `unread`: bytes in the pipe. */
  look(unread: number): void {
    this.#reassembly.look(this.#position, this.#cutBytes + unread);
  }

  truncation(): TruncatedMessageError | undefined {
    this.#reassembly.end();
    return this.#cutBytes > 0 ? new TruncatedMessageError(0, undefined) : undefined;
  }

  #parse(chunk: Buffer): void {
    let at = 0;
    if (this.#cutBytes > 0) {
      at = this.#complete(chunk);
      if (this.#cutBytes > 0) return;
    }
    try {
      while (at < chunk.length) {
        const size = frameSize(chunk, at, chunk.length);
        if (size === undefined || at + size > chunk.length) break;
        this.#take(chunk, at, size);
        at += size;
      }
    } finally {
      this.#flush(chunk);
    }
    this.#cutBytes = chunk.copy(this.#cut, 0, at);
  }

  /** Completes the frame that was cut; returns the number of bytes that took. */
  #complete(chunk: Buffer): number {
    let at = 0;
    for (;;) {
      const size = frameSize(this.#cut, 0, this.#cutBytes) ?? AT.WRITER;
      const count = chunk.copy(this.#cut, this.#cutBytes, at, at + size - this.#cutBytes);
      this.#cutBytes += count;
      at += count;
      if (this.#cutBytes < size) return at;
      // The header is complete, and gives the frame's size.
      if (frameSize(this.#cut, 0, this.#cutBytes) !== size) continue;
      this.#cutBytes = 0;
      try {
        this.#take(this.#cut, 0, size);
      } finally {
        this.#flush(this.#cut);
      }
      return at;
    }
  }

  #take(chunk: Buffer, at: number, size: number): void {
    const kind = chunk[at + AT.KIND] as number;
    const writer = chunk.readUIntBE(at + AT.WRITER, 6);
    const sequence = chunk.readUInt32BE(at + AT.SEQUENCE);
    const from = at + SHARED_HEADER_BYTES;
    const end = at + size;
    this.#position += size;
    if (kind === KIND.WHOLE) {
      this.#takeWhole(chunk, from, end);
      return;
    }
    // A message must not overtake those that its writer has sent before it.
    this.#flush(chunk);
    if (kind === KIND.FIRST) this.#begin(chunk, at, end, writer, sequence);
    else if (kind === KIND.WITHDRAWN) this.#reassembly.withdraw(writer);
    else this.#reassembly.goOn(writer, sequence, chunk.subarray(from, end), kind === KIND.LAST);
  }

  #begin(chunk: Buffer, at: number, end: number, writer: number, sequence: number): void {
    const from = at + SHARED_HEADER_BYTES;
    const bodyFrom = from + LIFE_BYTES + HEADER_BYTES;
    const length = bodyFrom <= end ? chunk.readUInt32BE(from + LIFE_BYTES) : 0;
    // A message that fits into the frame would be in a `WHOLE`.
    if (bodyFrom > end || length <= end - bodyFrom) throw badFrame(chunk, at, end);
    const life = {
      pid: chunk.readUInt32BE(from),
      namespace: chunk.readUInt32BE(from + 4),
      start: chunk.readUInt32BE(from + 8),
    };
    this.#reassembly.begin(writer, sequence, life, length, chunk.subarray(bodyFrom, end));
  }

  #takeWhole(chunk: Buffer, from: number, end: number): void {
    const bounds = this.#bounds;
    let at = from;
    while (at < end) {
      const body = at + HEADER_BYTES;
      const length = body <= end ? chunk.readUInt32BE(at) : end;
      if (body + length > end) throw badFrame(chunk, from - SHARED_HEADER_BYTES, end);
      if (length > this.#limit) {
        this.#flush(chunk);
        this.#receiver.lost(new MessageLostError('too large', undefined, length, length));
      } else {
        bounds[2 * this.#count] = body;
        bounds[2 * this.#count + 1] = body + length;
        this.#count++;
      }
      at = body + length;
    }
    // A codec may decode everything between the first body and the last as text (MessageCodec.decodeInside).
    chunk.fill(0, from - SHARED_HEADER_BYTES, from);
  }

  /** Gives the receiver the messages found in the chunk. */
  #flush(chunk: Buffer): void {
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    this.#receiver.inside(chunk, this.#bounds, count);
  }
}

/**
 * The size of the frame that begins here; undefined while too little of it is there. Throws BadFrameError.
 */
function frameSize(bytes: Buffer, at: number, end: number): number | undefined {
  if (at >= end) return undefined;
  if (bytes[at] !== MARK) throw badFrame(bytes, at, end);
  if (end - at < AT.WRITER) return undefined;
  const size = SHARED_HEADER_BYTES + bytes.readUInt16BE(at + AT.LENGTH);
  if ((bytes[at + AT.KIND] as number) > KIND.WITHDRAWN || size > MOST_FRAME_BYTES)
    throw badFrame(bytes, at, end);
  return size;
}

/** With what is there: the text at the beginning, or else some bytes. */
function badFrame(bytes: Buffer, at: number, end: number): BadFrameError {
  const start = Buffer.from(bytes.subarray(at, Math.min(end, at + SHOWN_BYTES)));
  const text = start.findIndex((byte) => !isPrintable(byte));
  return new BadFrameError(text > 0 ? start.subarray(0, text) : start);
}
