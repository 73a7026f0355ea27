/**
 * Messages of several writers that have come in part, assembled for each writer by itself.
 *
 * Their memory is limited. The limit is checked before memory is allocated, and memory is allocated as bytes
 * arrive, not as a header claims. A message that would exceed the limit is dropped and reported as lost; so
 * is one whose writer has ended. Only messages that have begun take memory, however many writers come and go.
 */

import type { LossReceiver } from '../framing/index.js';
import { type LossReason, MessageLostError } from '../framing/index.js';
import { hasEnded, type WriterLife } from './writer-life.js';

interface Half {
  readonly life: WriterLife;
  readonly length: number;
  /** All are full except the last. */
  readonly blocks: Buffer[];
  /** Bytes of the message that have come, and those of them in the last block. */
  received: number;
  inLast: number;
  held: number;
  nextSequence: number;
  /** The position in the stream after which no part of it can come; undefined while its writer may live. */
  endedAt: number | undefined;
  /** A part came since the last look. */
  isMoving: boolean;
}

/** A small message counts as this much, because more than its bytes takes memory. */
const LEAST_HELD = 4096;
const FIRST_BLOCK = 65536;
const LARGEST_BLOCK = 1024 * 1024;
/**
 * Writers whose message was dropped while frames of it were still to come, so that each loss is reported
 * once; the oldest are forgotten.
 */
const MOST_DROPPED = 1024;

export interface ReassemblyHooks extends Pick<LossReceiver, 'assembled' | 'lost'> {
  /** The first message is half-finished; before there was none. */
  begun(): void;
  /** Half-finished messages hold more than half of `pendingLimit`. */
  pressed(): void;
}

export class Reassembly {
  readonly #limit: number;
  readonly #pendingLimit: number;
  readonly #hooks: ReassemblyHooks;
  readonly #halves = new Map<number, Half>();
  readonly #dropped = new Set<number>();
  #held = 0;
  #isPressed = false;

  /**
   * `limit`: the largest message in bytes; `pendingLimit`: bytes that all half-finished messages may hold.
   */
  constructor(limit: number, pendingLimit: number, hooks: ReassemblyHooks) {
    this.#limit = limit;
    this.#pendingLimit = pendingLimit;
    this.#hooks = hooks;
  }

  get isEmpty(): boolean {
    return this.#halves.size === 0;
  }

  /** Bytes that half-finished messages hold. */
  get heldBytes(): number {
    return this.#held;
  }

  /** The beginning of a message of `length` bytes. All bytes are copied. */
  begin(writer: number, sequence: number, life: WriterLife, length: number, bytes: Buffer): void {
    const before = this.#halves.get(writer);
    if (before) this.#drop(writer, before, 'out of sequence');
    this.#dropped.delete(writer);
    const half: Half = {
      life,
      length,
      blocks: [],
      received: 0,
      inLast: 0,
      held: 0,
      nextSequence: (sequence + 1) >>> 0,
      endedAt: undefined,
      isMoving: true,
    };
    if (length > this.#limit) {
      this.#lose(writer, half, 'too large');
      return;
    }
    this.#halves.set(writer, half);
    if (this.#append(writer, half, bytes) && this.#halves.size === 1) this.#hooks.begun();
  }

  /** A further part. */
  goOn(writer: number, sequence: number, bytes: Buffer, isLast: boolean): void {
    const half = this.#halves.get(writer);
    if (!half) {
      this.#orphan(writer, isLast);
      return;
    }
    const received = half.received + bytes.length;
    if (sequence !== half.nextSequence || (isLast ? received !== half.length : received >= half.length)) {
      this.#drop(writer, half, 'out of sequence');
      if (isLast) this.#dropped.delete(writer);
      return;
    }
    half.nextSequence = (sequence + 1) >>> 0;
    half.isMoving = true;
    if (!this.#append(writer, half, bytes) || !isLast) return;
    this.#remove(writer, half);
    this.#hooks.assembled(
      half.blocks.length === 1 ? (half.blocks[0] as Buffer) : Buffer.concat(half.blocks, half.length),
    );
  }

  /** The writer has withdrawn its message. */
  withdraw(writer: number): void {
    const half = this.#halves.get(writer);
    if (half) this.#remove(writer, half);
    this.#dropped.delete(writer);
  }

  /**
   * Checks the writers of messages that have not moved since the last look. `position`: the stream position
   * up to which bytes are parsed; `unread`: the bytes behind it, which may hold the end of a message.
   */
  look(position: number, unread: number): void {
    for (const half of this.#halves.values()) {
      if (!half.isMoving && half.endedAt === undefined && hasEnded(half.life))
        half.endedAt = position + unread;
      half.isMoving = false;
    }
    this.passed(position);
  }

  /** The stream is parsed up to this position. */
  passed(position: number): void {
    for (const [writer, half] of this.#halves)
      if (half.endedAt !== undefined && half.endedAt <= position) this.#drop(writer, half, 'writer died');
  }

  /** No writer is left. */
  end(): void {
    for (const [writer, half] of this.#halves) this.#drop(writer, half, 'channel ended');
  }

  /** False: it would exceed the limit, and the message is dropped. */
  #append(writer: number, half: Half, bytes: Buffer): boolean {
    let at = 0;
    while (at < bytes.length || half.blocks.length === 0) {
      let last = half.blocks.at(-1);
      if (!last || half.inLast === last.length) {
        last = this.#block(half);
        if (!last) {
          this.#drop(writer, half, 'memory');
          return false;
        }
      }
      const count = bytes.copy(last, half.inLast, at);
      half.inLast += count;
      half.received += count;
      at += count;
    }
    return true;
  }

  #block(half: Half): Buffer | undefined {
    const size = Math.min(
      half.length - half.received,
      Math.min(LARGEST_BLOCK, Math.max(FIRST_BLOCK, half.received)),
    );
    const held = half.blocks.length === 0 ? Math.max(LEAST_HELD, size) : size;
    if (this.#held + held > this.#pendingLimit) return undefined;
    const block = Buffer.allocUnsafeSlow(size);
    half.blocks.push(block);
    half.inLast = 0;
    half.held += held;
    this.#held += held;
    const isPressed = this.#held > this.#pendingLimit / 2;
    if (isPressed && !this.#isPressed) this.#hooks.pressed();
    this.#isPressed = isPressed;
    return block;
  }

  /** A part of a message whose beginning is not here. */
  #orphan(writer: number, isLast: boolean): void {
    const isKnown = this.#dropped.has(writer);
    if (!isKnown) this.#hooks.lost(new MessageLostError('out of sequence', undefined, 0, undefined));
    if (isLast) this.#dropped.delete(writer);
    else if (!isKnown) this.#expectRest(writer);
  }

  #drop(writer: number, half: Half, reason: LossReason): void {
    this.#remove(writer, half);
    this.#lose(writer, half, reason);
  }

  #lose(writer: number, { life, received, length }: Half, reason: LossReason): void {
    this.#expectRest(writer);
    this.#hooks.lost(new MessageLostError(reason, life.pid || undefined, received, length));
  }

  #expectRest(writer: number): void {
    this.#dropped.add(writer);
    if (this.#dropped.size <= MOST_DROPPED) return;
    for (const oldest of this.#dropped) {
      this.#dropped.delete(oldest);
      return;
    }
  }

  #remove(writer: number, half: Half): void {
    this.#halves.delete(writer);
    this.#held -= half.held;
    if (this.#held <= this.#pendingLimit / 2) this.#isPressed = false;
  }
}
