/** The end of a channel that messages go into. */
import { type Passable, type Passage, passOn } from '../../pipe/index.js';
import { closeDescriptor, makeBlocking, makeNonBlocking } from '../../system/index.js';
import type { MessageCodec } from '../framing/index.js';
import {
  ChannelBusyError,
  ChannelClosedError,
  ChannelTimeoutError,
  encodeBody,
  PeerGoneError,
} from '../framing/index.js';
import { Outbox } from './outbox.js';
import { type Cancellation, cancellationFrom, onCancellation, type WaitOptions } from './waiting.js';
import { WritingEnd } from './writing-end.js';

/** A message that waits for those before it, or for room. */
interface QueuedSend {
  readonly body: Uint8Array | string;
  readonly accept: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The end of a channel that messages go into. Any number of `send`s may be under way at the same time; their messages keep the order of
 * the calls and never mix.
 *
 * What has been accepted is written by itself, while the program goes on, and keeps it alive until it is written or nobody reads any
 * more. `end` waits for that; `process.exit()` does not. `await using` ends it, `using` closes it.
 */
export class ChannelWriter<Out = unknown> extends WritingEnd implements Passable {
  readonly #fd: number;
  readonly #codec: MessageCodec;
  readonly #limit: number;
  readonly #line = new Set<QueuedSend>();
  readonly #congestion: ((isCongested: boolean) => void) | undefined;
  #outbox: Outbox | undefined;

  /** Takes over `fd`. Made by `pipe`, `duplex` and `inherited`. `congestion` is told when senders begin and end to wait. */
  constructor(fd: number, codec: MessageCodec, limit: number, congestion?: (isCongested: boolean) => void) {
    super();
    this.#fd = fd;
    this.#codec = codec;
    this.#limit = limit;
    this.#congestion = congestion;
  }

  /**
   * Sends a message. The promise is settled when it has been accepted: it is in the pipe, or among the 64 KiB and one message at most that
   * wait here for room and are written as the other side reads. A message of 16 KiB or more of bytes is not copied, and must not be changed
   * before that; it is accepted when all of it is in the pipe. Who sends on without awaiting is not held up, and fills memory.
   *
   * With a `timeout` or a signal: a message that was not accepted in time is withdrawn, and none of it is written. Only of a large one may a
   * part be written already; then the rest follows from a copy. In both cases the channel goes on, and the error says which it was.
   *
   * Rejects with PeerGoneError when nobody reads any more (at every call from then on), CodecError, MessageTooLargeError,
   * ChannelTimeoutError, the signal's reason, ChannelClosedError, OptionError. That the peer is gone is no unhandled rejection of a
   * send that nobody awaits: the next one tells it, or `end`.
   */
  send(message: Out, options?: WaitOptions): Promise<void> {
    if (this.failure) return this.refuse(this.failure);
    try {
      const body = this.#encode(message);
      const cancellation = cancellationFrom(options);
      if (cancellation) return this.#sendOrWithdraw(body, cancellation);
      return this.#line.size > 0 ? this.#lineUp(body) : this.#accept(body).settled;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  [passOn](): Passage {
    if (this.failure) throw this.failure;
    if (this.#line.size > 0 || (this.#outbox && !this.#outbox.isEmpty))
      throw new ChannelBusyError('messages wait here to be written; await their send first');
    makeBlocking(this.#fd);
    return {
      descriptors: [{ fd: this.#fd, access: 'w' }],
      codec: this.#codec.word,
      done: () => this.finish(new ChannelClosedError('passed on')),
      failed: () => makeNonBlocking(this.#fd),
    };
  }

  #encode(message: Out): Uint8Array | string {
    const body = encodeBody(this.#codec, this.#limit, message);
    return typeof body === 'string' && Outbox.isLarge(body) ? Buffer.from(body) : body;
  }

  /** `detach`: while a large one is under way, its bytes can be given back. */
  #accept(body: Uint8Array | string, isLent = false): { settled: Promise<void>; detach?: () => void } {
    const outbox = this.#open();
    if (typeof body === 'string' || !Outbox.isLarge(body)) {
      const settled = outbox.add(body);
      if (this.isClosed) return this.#broke();
      if (outbox.isCongested) this.#congestion?.(true);
      return { settled };
    }
    const large = outbox.addLarge(body, isLent);
    if (this.isClosed) return this.#broke();
    if (!large) return { settled: Promise.resolve() };
    this.#congestion?.(true);
    return { settled: large.written, detach: large.detach };
  }

  /** What was to be written found that nobody reads. */
  #broke(): { settled: Promise<void> } {
    return { settled: this.refuse(this.failure as Error) };
  }

  #sendOrWithdraw(body: Uint8Array | string, cancellation: Cancellation): Promise<void> {
    cancellation.signal?.throwIfAborted();
    const promise = new Promise<void>((resolve, reject) => {
      let state: 'withdrawn' | 'under way' = 'withdrawn';
      let detach: (() => void) | undefined;
      const stop = onCancellation(
        cancellation,
        () => new ChannelTimeoutError('send', cancellation.timeoutMs, state),
        (error) => {
          this.#line.delete(entry);
          detach?.();
          reject(error);
        },
      );
      const settle = () => {
        stop();
        resolve();
      };
      const fail = (error: unknown) => {
        stop();
        if (error instanceof PeerGoneError) promise.catch(() => {});
        reject(error);
      };
      const entry: QueuedSend = {
        body,
        accept: () => {
          state = 'under way';
          const accepted = this.#accept(body, true);
          // Small ones are written by themselves from here on; that others should wait is no concern of this one.
          if (!accepted.detach) {
            accepted.settled.then(undefined, fail);
            if (!this.isClosed) settle();
            return;
          }
          detach = accepted.detach;
          accepted.settled.then(settle, fail);
        },
        reject: fail,
      };
      this.#line.add(entry);
    });
    if (!this.#open().isCongested) this.#admit();
    return promise;
  }

  /** Behind those that may still give up. */
  #lineUp(body: Uint8Array | string): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      this.#line.add({ body, accept: () => resolve(this.#accept(body).settled), reject });
    });
    promise.catch(() => {});
    return promise;
  }

  /** There is room: who waits in line is accepted, in turn. */
  #admit(): void {
    const outbox = this.#open();
    for (const entry of this.#line) {
      if (outbox.isCongested) return;
      this.#line.delete(entry);
      entry.accept();
    }
    if (!outbox.isCongested) this.#congestion?.(false);
  }

  #open(): Outbox {
    this.#outbox ??= new Outbox(this.#fd, {
      room: () => this.#admit(),
      broken: (error) => this.break(error),
    });
    return this.#outbox;
  }

  protected override whenWritten(call: () => void): void {
    // Last in the line, so that what waits in it is sent. Whoever waits for the end is told of a failure by that.
    const last: QueuedSend = { body: '', accept: () => this.#open().whenEmpty(call), reject: () => {} };
    if (this.#line.size === 0) last.accept();
    else this.#line.add(last);
  }

  protected override release(error: Error): boolean {
    const waits = this.#line.size > 0;
    if (!this.#outbox) closeDescriptor(this.#fd);
    const waited = this.#outbox?.close(error) ?? false;
    for (const entry of this.#line) entry.reject(error);
    this.#line.clear();
    this.#congestion?.(false);
    return waits || waited;
  }
}
