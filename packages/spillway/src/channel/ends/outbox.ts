/** Encoded messages on their way into the pipe: small ones gathered, large ones written without a copy. */
import { type Deferred, deferred } from '../../base/index.js';
import { FrameBatch } from '../framing/index.js';
import { Gathering, HIGH_WATER } from './gathering.js';
import { PipeSink } from './pipe-sink.js';

/** A body from this size on is not copied. */
const LARGE_BODY = 16384;
const ACCEPTED = Promise.resolve();

/** A large message that is not completely written. */
export interface LargeMessage {
  readonly written: Promise<void>;
  /** Gives the bytes back to the caller; the rest is written from a copy. */
  detach(): void;
}

/** A promise that several senders wait for. */
type Gate = Deferred<void>;

export interface OutboxHooks {
  /** There is room again. */
  room(): void;
  /** The pipe has no reader left (undefined), or the system call failed. */
  broken(error: Error | undefined): void;
}

export class Outbox {
  readonly #sink: PipeSink;
  readonly #hooks: OutboxHooks;
  readonly #batch = new FrameBatch();
  readonly #gathering = new Gathering(() => this.#endTurn());
  readonly #unsettled = new Set<Gate>();
  #drained: Gate | undefined;
  #turnEnded: Gate | undefined;
  #whenEmpty: (() => void) | undefined;

  /** Takes over the descriptor. */
  constructor(fd: number, hooks: OutboxHooks) {
    this.#hooks = hooks;
    this.#sink = new PipeSink(fd, {
      moved: () => this.#moved(),
      broken: (error) => hooks.broken(error),
    });
  }

  /** Whether senders should wait. */
  get isCongested(): boolean {
    return this.#sink.isBusy && this.#sink.pending + this.#batch.size >= HIGH_WATER;
  }

  get isEmpty(): boolean {
    return !this.#sink.isBusy && this.#batch.size === 0;
  }

  /** Whether a body is written without a copy. */
  static isLarge(body: Uint8Array | string): boolean {
    return body.length >= LARGE_BODY;
  }

  /** Takes a body that is not large. The returned promise is pending while the sender should wait. */
  add(body: Uint8Array | string): Promise<void> {
    if (!this.#batch.fits(body.length)) this.#flush(true);
    if (typeof body === 'string') this.#batch.addText(body);
    else this.#batch.addBytes(body);
    if (!this.#gathering.isUnderWay && this.#gathering.mayWriteNow()) this.#flush(false);
    if (this.isCongested) return this.#gate('drained');
    return this.#turnEnded ? this.#turnEnded.promise : ACCEPTED;
  }

  /**
   * Takes a large body, whose bytes must not change until it is written; undefined when it is written
   * already. A lent body may be detached before that.
   */
  addLarge(body: Uint8Array, isLent: boolean): LargeMessage | undefined {
    this.#batch.addHeader(body.length);
    const { block, count } = this.#batch.take();
    const done = this.#sink.isBusy ? 0 : this.#sink.offer(block, count, body);
    if (done === count + body.length) {
      this.#batch.reuse(block);
      return this.#gathering.isLong() ? { written: this.#gate('turnEnded'), detach: () => {} } : undefined;
    }
    this.#enqueueRest(block, done, count);
    const written = this.#newGate();
    const settle = () => {
      this.#unsettled.delete(written);
      written.resolve();
    };
    const segment = this.#sink.enqueue(body.subarray(Math.max(0, done - count)), settle, isLent);
    return { written: written.promise, detach: () => this.#sink.detach(segment) };
  }

  /** Calls back when everything is written. */
  whenEmpty(call: () => void): void {
    this.#flush(false);
    if (this.isEmpty) call();
    else this.#whenEmpty = call;
  }

  /**
   * Writes as much as the pipe takes at once, and closes it. Senders that wait are rejected with `error`.
   * Returns whether there were any.
   */
  close(error: Error): boolean {
    this.#flush(false);
    this.#sink.close();
    const waited = this.#unsettled.size > 0;
    for (const gate of this.#unsettled) gate.reject(error);
    this.#unsettled.clear();
    return waited;
  }

  #endTurn(): void {
    this.#flush(false);
    this.#settle('turnEnded');
  }

  /**
   * `isFull`: the next message needs the batch's room, so a batch that cannot be written joins those that
   * wait.
   */
  #flush(isFull: boolean): void {
    if (this.#batch.size === 0) return;
    if (this.#sink.isBusy) {
      if (!isFull) return;
      const { block, count } = this.#batch.take();
      this.#enqueueRest(block, 0, count);
      return;
    }
    const { block, count } = this.#batch.take();
    this.#enqueueRest(block, this.#sink.offer(block, count), count);
    if (isFull && this.#gathering.isLong()) this.#gate('turnEnded');
  }

  /** Lets the unwritten rest of a batch wait for room; the batch's block is free again after that. */
  #enqueueRest(block: Buffer, done: number, count: number): void {
    if (done >= count) this.#batch.reuse(block);
    else this.#sink.enqueue(block.subarray(done, count), () => this.#batch.reuse(block));
  }

  #moved(): void {
    this.#flush(false);
    if (this.isCongested) return;
    this.#settle('drained');
    this.#hooks.room();
    if (!this.isEmpty) return;
    const call = this.#whenEmpty;
    this.#whenEmpty = undefined;
    call?.();
  }

  #gate(which: 'drained' | 'turnEnded'): Promise<void> {
    if (which === 'drained') {
      this.#drained ??= this.#newGate();
      return this.#drained.promise;
    }
    this.#turnEnded ??= this.#newGate();
    return this.#turnEnded.promise;
  }

  #settle(which: 'drained' | 'turnEnded'): void {
    const gate = which === 'drained' ? this.#drained : this.#turnEnded;
    if (!gate) return;
    if (which === 'drained') this.#drained = undefined;
    else this.#turnEnded = undefined;
    this.#unsettled.delete(gate);
    gate.resolve();
  }

  #newGate(): Gate {
    const gate = deferred<void>();
    // A sender that ignores the promise gets the error from its next call.
    gate.promise.catch(() => {});
    this.#unsettled.add(gate);
    return gate;
  }
}
