/**
 * Messages of several writers that have come in part, put together for each by itself.
 *
 * They hold no more than the bound: it is looked at before memory is taken, and memory is taken as bytes arrive, not as a header claims. A
 * message that would exceed it is dropped and told of, and so is one whose writer has ended. A state is kept only for messages that are
 * begun, however many writers come and go.
 */

import type { LossReceiver } from '../framing/index.js';
import { type LossReason, MessageLostError } from '../framing/index.js';
import { hasEnded, type WriterLife } from './writer-life.js';

interface Half {
  readonly life: WriterLife;
  readonly length: number;
  /** All full but the last. */
  readonly blocks: Buffer[];
  /** Bytes of the message, and of them those in the last block. */
  received: number;
  inLast: number;
  held: number;
  nextSequence: number;
  /** The position in the stream behind which nothing of it can come; undefined while its writer may live. */
  endedAt: number | undefined;
  /** Something came since the last look. */
  isMoving: boolean;
}

/** A small one counts as so much, since it is not its bytes alone that take memory. */
const LEAST_HELD = 4096;
const FIRST_BLOCK = 65536;
const LARGEST_BLOCK = 1024 * 1024;
/** Writers whose message was dropped while its frames were still to come, so that each loss is told once; the oldest are forgotten. */
const MOST_DROPPED = 1024;

export interface ReassemblyHooks extends Pick<LossReceiver, 'assembled' | 'lost'> {
  /** There are half-finished messages, after there were none. */
  begun(): void;
  /** They hold more than half of what they may. */
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

  /** `limit`: bytes of a message; `pendingLimit`: bytes that all of these hold. */
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

  /** The beginning of a message of so many bytes. It is copied, as all is here. */
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

  /** What follows. */
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

  /** The writer has taken its message back. */
  withdraw(writer: number): void {
    const half = this.#halves.get(writer);
    if (half) this.#remove(writer, half);
    this.#dropped.delete(writer);
  }

  /**
   * Looks which writers have ended, of the messages that have not moved since the last look. `position`: of the last byte that was taken
   * apart; `unread`: how many are behind it, in which the end of a message may be.
   */
  look(position: number, unread: number): void {
    for (const half of this.#halves.values()) {
      if (!half.isMoving && half.endedAt === undefined && hasEnded(half.life))
        half.endedAt = position + unread;
      half.isMoving = false;
    }
    this.passed(position);
  }

  /** The stream has come to this position. */
  passed(position: number): void {
    for (const [writer, half] of this.#halves)
      if (half.endedAt !== undefined && half.endedAt <= position) this.#drop(writer, half, 'writer died');
  }

  /** No writer is left. */
  end(): void {
    for (const [writer, half] of this.#halves) this.#drop(writer, half, 'channel ended');
  }

  /** False: there is no memory for it, and the message is dropped. */
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
