/**
 * Encoded messages on their way into the pipe: small ones gathered, large ones written from where they are.
 *
 * A message that comes by itself is written at once, so that an answer does not wait. One that follows it closely is likely one of many:
 * they are written together, at the end of this turn of the event loop or when they are 64 KiB.
 */
import { FrameBatch } from '../framing/index.js';
import { PipeSink } from './pipe-sink.js';

/** From here on a body is not copied. */
const LARGE_BODY = 16384;
/** So many bytes may wait for room before senders do. */
const HIGH_WATER = 65536;
/** So long senders may go on without going back to the event loop, in which timers and others wait. */
const TURN_MS = 5;

/** What follows a write within this time is taken for one of many: five times of what a write costs. */
const CLOSE_MS = 0.005;

const ACCEPTED = Promise.resolve();

/** A large message that is not wholly written. */
export interface LargeMessage {
  readonly written: Promise<void>;
  /** Its bytes are the caller's again; what is left is written from a copy. */
  detach(): void;
}

/** A promise that several wait for. */
interface Shared {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

export interface OutboxHooks {
  /** There is room again. */
  room(): void;
  /** Nobody reads any more (undefined), or the system call failed. */
  broken(error: Error | undefined): void;
}

export class Outbox {
  readonly #sink: PipeSink;
  readonly #hooks: OutboxHooks;
  readonly #batch = new FrameBatch();
  readonly #unsettled = new Set<Shared>();
  #drained: Shared | undefined;
  #turnEnded: Shared | undefined;
  /** Since when messages are gathered; undefined when they are not. */
  #turnBegan: number | undefined;
  #wroteAt = Number.NEGATIVE_INFINITY;
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

  /** Whether a body is written from where it is. */
  static isLarge(body: Uint8Array | string): boolean {
    return body.length >= LARGE_BODY;
  }

  /** Takes a body that is not large. The promise is pending while the sender should wait. */
  add(body: Uint8Array | string): Promise<void> {
    if (!this.#batch.fits(body.length)) this.#flush(true);
    if (typeof body === 'string') this.#batch.addText(body);
    else this.#batch.addBytes(body);
    if (this.#turnBegan === undefined) this.#writeOrWait();
    if (this.isCongested) return this.#shared('drained');
    return this.#turnEnded ? this.#turnEnded.promise : ACCEPTED;
  }

  /**
   * Takes a large body, whose bytes must stay as they are until it is written; undefined when it is written already. One that is lent may be
   * detached meanwhile.
   */
  addLarge(body: Uint8Array, isLent: boolean): LargeMessage | undefined {
    this.#batch.addHeader(body.length);
    const { block, count } = this.#batch.take();
    const done = this.#sink.isBusy ? 0 : this.#sink.offer(block, count, body);
    if (done === count + body.length) {
      this.#batch.reuse(block);
      return this.#isTurnLong() ? { written: this.#shared('turnEnded'), detach: () => {} } : undefined;
    }
    this.#enqueueRest(block, done, count);
    const written = this.#newShared();
    const settle = () => {
      this.#unsettled.delete(written);
      written.resolve();
    };
    const segment = this.#sink.enqueue(body.subarray(Math.max(0, done - count)), settle, isLent);
    return { written: written.promise, detach: () => this.#sink.detach(segment) };
  }

  /** Calls back when all is written. */
  whenEmpty(call: () => void): void {
    this.#flush(false);
    if (this.isEmpty) call();
    else this.#whenEmpty = call;
  }

  /** Writes what the pipe takes at once, and closes it. Who waits is told `error`; answers whether somebody did. */
  close(error: Error): boolean {
    this.#flush(false);
    this.#sink.close();
    const waited = this.#unsettled.size > 0;
    for (const shared of this.#unsettled) shared.reject(error);
    this.#unsettled.clear();
    return waited;
  }

  #writeOrWait(): void {
    const now = performance.now();
    if (now - this.#wroteAt > CLOSE_MS) {
      this.#wroteAt = now;
      this.#flush(false);
      return;
    }
    this.#beginTurn(now);
  }

  #beginTurn(now: number): void {
    this.#turnBegan = now;
    setImmediate(() => this.#endTurn());
  }

  /** Whether senders have had this turn for long enough, without being stopped by a full pipe. */
  #isTurnLong(): boolean {
    const now = performance.now();
    if (this.#turnBegan === undefined) this.#beginTurn(now);
    return now - (this.#turnBegan as unknown as number) > TURN_MS;
  }

  #endTurn(): void {
    this.#turnBegan = undefined;
    this.#wroteAt = performance.now();
    this.#flush(false);
    this.#settle('turnEnded');
  }

  /** `isFull`: what follows needs the room, so it goes to those that wait if it cannot be written. */
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
    if (isFull && this.#isTurnLong()) this.#shared('turnEnded');
  }

  /** What of a batch is not written yet waits; its block is filled anew after that. */
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

  #shared(which: 'drained' | 'turnEnded'): Promise<void> {
    if (which === 'drained') {
      this.#drained ??= this.#newShared();
      return this.#drained.promise;
    }
    this.#turnEnded ??= this.#newShared();
    return this.#turnEnded.promise;
  }

  #settle(which: 'drained' | 'turnEnded'): void {
    const shared = which === 'drained' ? this.#drained : this.#turnEnded;
    if (!shared) return;
    if (which === 'drained') this.#drained = undefined;
    else this.#turnEnded = undefined;
    this.#unsettled.delete(shared);
    shared.resolve();
  }

  #newShared(): Shared {
    let resolve!: () => void;
    let reject!: (error: Error) => void;
    const promise = new Promise<void>((done, failed) => {
      resolve = done;
      reject = failed;
    });
    // A sender who does not wait has not asked; whatever is called next tells him.
    promise.catch(() => {});
    const shared = { promise, resolve, reject };
    this.#unsettled.add(shared);
    return shared;
  }
}
