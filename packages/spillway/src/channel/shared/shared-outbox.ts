/**
 * Encoded messages on their way into a shared pipe, as frames of at most PIPE_BUF bytes, one write(2) each.
 *
 * On a non-blocking pipe that is full, a write of this size writes nothing (EAGAIN); the sink then gets the
 * frame, and waits for room with the event loop. A process that shares the open file description may make the
 * pipe blocking, as a parent does before it starts a child. A write into a full pipe then holds this thread
 * until there is room, and is still atomic. So each writer has a description of its own where the system can
 * give one (openWriteEndAnew).
 *
 * As in an Outbox, a single small message is written at once, and messages that follow it closely are put
 * into one frame.
 */
import { type Deferred, deferred } from '../../base/index.js';
import { Gathering, HIGH_WATER, PipeSink } from '../ends/index.js';
import { SharedFrames } from './shared-frame.js';

/** A message that is not in the pipe yet. */
export interface PendingSend {
  readonly written: Promise<void>;
  /** Withdraws the message: the reader will not get it. False: all of it is already on its way. */
  withdraw(): boolean;
}

interface QueuedMessage {
  body: Uint8Array | string;
  /** Its bytes in frames that are written, or that the sink has. */
  sent: number;
  state: 'waiting' | 'withdrawn' | 'written';
  readonly settle: (error?: Error) => void;
  readonly written: Promise<void>;
}

export interface SharedOutboxHooks {
  /** The pipe has no reader left (undefined), or the system call failed. */
  broken(error: Error | undefined): void;
}

export class SharedOutbox {
  readonly #sink: PipeSink;
  readonly #frames = new SharedFrames();
  readonly #gathering = new Gathering(() => this.#endTurn());
  readonly #queue = new Set<QueuedMessage>();
  /** Bytes, or characters, in the queue. */
  #queuedBytes = 0;
  /** The latest frame, written or waiting for room, is a part of a message. */
  #isPartWaiting = false;
  #isClosed = false;
  #whenEmpty: (() => void) | undefined;
  #turnEnded: Deferred<void> | undefined;

  /** Takes over the descriptor. */
  constructor(fd: number, hooks: SharedOutboxHooks) {
    this.#sink = new PipeSink(fd, {
      moved: () => this.#moved(),
      broken: (error) => {
        this.#isClosed = true;
        hooks.broken(error);
      },
    });
  }

  get isEmpty(): boolean {
    return this.#queue.size === 0 && this.#frames.isEmpty && !this.#sink.isBusy;
  }

  /**
   * Takes a message. Undefined: it is accepted, and its bytes are the caller's again. Otherwise it is
   * accepted when the promise is settled; until then its bytes must not change.
   */
  add(body: Uint8Array | string): PendingSend | undefined {
    if (this.#queue.size === 0 && !this.#sink.isBusy && this.#gather(body)) {
      if (this.#gathering.isUnderWay) return this.#pause();
      if (this.#gathering.mayWriteNow()) this.#flush();
      return undefined;
    }
    const entry = this.#enqueue(body);
    this.#goOn();
    if (entry.state === 'written') return this.#pause();
    if (this.#queuedBytes <= HIGH_WATER && entry.sent === 0) {
      if (typeof body !== 'string') entry.body = Buffer.from(body);
      return undefined;
    }
    return { written: entry.written, withdraw: () => this.#withdraw(entry) };
  }

  /** Calls back when everything is written. */
  whenEmpty(call: () => void): void {
    this.#flush();
    if (this.isEmpty) call();
    else this.#whenEmpty = call;
  }

  /**
   * Writes as much as the pipe takes at once, and closes it. Senders that wait are rejected with `error`.
   * Returns whether there were any.
   */
  close(error: Error): boolean {
    if (!this.#isClosed) this.#giveUpRest();
    this.#isClosed = true;
    this.#sink.close();
    const waited = this.#queue.size > 0;
    for (const entry of this.#queue) entry.settle(error);
    this.#queue.clear();
    this.#endTurn();
    return waited;
  }

  /**
   * Withdraws a message that is partly written, if the pipe has room for that: its reader then need not wait
   * for the end of the pipe.
   */
  #giveUpRest(): void {
    if (this.#sink.isBusy && this.#isPartWaiting) {
      const frame = this.#frames.withdrawal();
      this.#sink.offer(frame, frame.length);
    } else this.#flush();
  }

  /** Puts the body into the frame that is being filled, or into the next. */
  #gather(body: Uint8Array | string): boolean {
    if (this.#frames.add(body)) return true;
    if (this.#frames.isEmpty) return false;
    this.#flush();
    return !this.#sink.isBusy && !this.#isClosed && this.#frames.add(body);
  }

  #enqueue(body: Uint8Array | string): QueuedMessage {
    const { promise: written, resolve, reject } = deferred<void>();
    // A sender that ignores the promise gets the error from its next call.
    written.catch(() => {});
    const entry: QueuedMessage = {
      body,
      sent: 0,
      state: 'waiting',
      written,
      settle: (error) => (error ? reject(error) : resolve()),
    };
    this.#queue.add(entry);
    this.#queuedBytes += body.length;
    return entry;
  }

  #withdraw(entry: QueuedMessage): boolean {
    if (entry.state !== 'waiting') return false;
    entry.state = 'withdrawn';
    this.#queuedBytes -= entry.body.length;
    // Its bytes are the caller's again.
    entry.body = '';
    if (entry.sent === 0) this.#queue.delete(entry);
    return true;
  }

  /** Writes the waiting messages, in order, as far as there is room. */
  #goOn(): void {
    while (!this.#sink.isBusy && !this.#isClosed) {
      const [entry] = this.#queue;
      if (!entry) {
        if (!this.#gathering.isUnderWay) this.#flush();
        return;
      }
      if (entry.sent === 0 && this.#frames.add(entry.body)) {
        this.#shift(entry);
      } else if (!this.#frames.isEmpty) {
        this.#flush();
      } else if (entry.state === 'withdrawn') {
        this.#queue.delete(entry);
        this.#isPartWaiting = true;
        this.#write(this.#frames.withdrawal());
      } else {
        this.#writePart(entry);
      }
    }
  }

  #writePart(entry: QueuedMessage): void {
    if (typeof entry.body === 'string') {
      const bytes = Buffer.from(entry.body);
      this.#queuedBytes += bytes.length - entry.body.length;
      entry.body = bytes;
    }
    const { frame, count } = this.#frames.part(entry.body, entry.sent);
    entry.sent += count;
    const isLast = entry.sent === entry.body.length;
    this.#isPartWaiting = true;
    this.#write(frame);
    if (isLast && !this.#isClosed) this.#shift(entry);
  }

  #shift(entry: QueuedMessage): void {
    this.#queue.delete(entry);
    this.#queuedBytes -= entry.body.length;
    entry.state = 'written';
    entry.settle();
  }

  #flush(): void {
    if (!this.#frames.isEmpty && !this.#sink.isBusy && !this.#isClosed) {
      this.#isPartWaiting = false;
      this.#write(this.#frames.whole());
    }
  }

  /** Only while the sink is free. */
  #write(frame: Buffer): void {
    // All or nothing: the frame is at most PIPE_BUF bytes.
    if (this.#sink.offer(frame, frame.length) === 0 && !this.#isClosed)
      this.#sink.enqueue(Buffer.from(frame));
  }

  #moved(): void {
    this.#goOn();
    this.#tellIfEmpty();
  }

  #tellIfEmpty(): void {
    if (!this.isEmpty) return;
    const call = this.#whenEmpty;
    this.#whenEmpty = undefined;
    call?.();
  }

  /** Makes senders pause that a full pipe never stops. */
  #pause(): PendingSend | undefined {
    if (!this.#gathering.isLong()) return undefined;
    this.#turnEnded ??= deferred<void>();
    return { written: this.#turnEnded.promise, withdraw: () => false };
  }

  #endTurn(): void {
    this.#flush();
    const ended = this.#turnEnded;
    this.#turnEnded = undefined;
    ended?.resolve();
    this.#tellIfEmpty();
  }
}
