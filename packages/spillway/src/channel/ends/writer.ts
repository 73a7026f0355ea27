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
import { type PipeLink, passedBy } from './link.js';
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
 * The end of a channel that messages go into. Any number of `send`s may be under way at the same time; their
 * messages keep the order of the calls and never mix.
 *
 * Accepted messages are written in the background. They keep the program alive until they are written or the
 * channel has no reader left. `end` waits for that; `process.exit()` does not. `await using` ends the
 * channel, `using` closes it.
 */
export class ChannelWriter<Out = unknown> extends WritingEnd implements Passable {
  readonly #codec: MessageCodec;
  readonly #limit: number;
  readonly #line = new Set<QueuedSend>();
  readonly #congestion: ((isCongested: boolean) => void) | undefined;
  #outbox: Outbox | undefined;

  /**
   * Takes over `fd`. Made by `pipe`, `duplex` and `inherited`. `link`: of a pipe that was made here.
   * `congestion` is called when senders begin and
   * stop waiting.
   */
  constructor(
    fd: number,
    codec: MessageCodec,
    limit: number,
    link?: PipeLink,
    congestion?: (isCongested: boolean) => void,
  ) {
    super(fd, link);
    this.#codec = codec;
    this.#limit = limit;
    this.#congestion = congestion;
  }

  /**
   * Sends a message. The promise is settled when the message has been accepted: it is in the pipe, or among
   * the at most 64 KiB and one message that wait here for room and are written as the other side reads. A
   * message of 16 KiB or more of bytes is not copied: it is accepted when all of it is in the pipe, and must
   * not be changed before that. A sender that does not await is not held up, and fills memory.
   *
   * With a `timeout` or a signal: a message that was not accepted in time is withdrawn, and none of it is
   * written. Only of a large message a part may be written already; then the rest follows from a copy. In
   * both cases the channel goes on, and the error says which it was.
   *
   * Rejects with PeerGoneError when the channel has no reader left (at every call from then on), CodecError,
   * MessageTooLargeError, ChannelTimeoutError, the signal's reason, ChannelClosedError, OptionError.
   * PeerGoneError of a send that is not awaited is no unhandled rejection: the next `send` or `end` reports
   * it.
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
    makeBlocking(this.descriptor);
    return {
      descriptors: [{ fd: this.descriptor, access: 'w' }],
      codec: this.#codec.word,
      failed: () => makeNonBlocking(this.descriptor),
      ...passedBy(this.link, 'w', () => this.finish(new ChannelClosedError('passed on'))),
    };
  }

  #encode(message: Out): Uint8Array | string {
    const body = encodeBody(this.#codec, this.#limit, message);
    return typeof body === 'string' && Outbox.isLarge(body) ? Buffer.from(body) : body;
  }

  /** `detach`: gives the bytes of a large message back while it is under way. */
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

  /** The write has found that the channel has no reader left. */
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
          // A small message is written in the background from here on; it does not matter to it that later
          // senders should wait.
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

  /** Waits behind messages that may still be withdrawn. */
  #lineUp(body: Uint8Array | string): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      this.#line.add({ body, accept: () => resolve(this.#accept(body).settled), reject });
    });
    promise.catch(() => {});
    return promise;
  }

  /** There is room: accepts the messages in line, in order. */
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
    this.#outbox ??= new Outbox(this.descriptor, {
      room: () => this.#admit(),
      broken: (error) => this.break(error),
    });
    return this.#outbox;
  }

  protected override whenWritten(call: () => void): void {
    // Last in the line, behind the messages that wait. A failure reaches the caller of `end` by its own
    // promise.
    const last: QueuedSend = { body: '', accept: () => this.#open().whenEmpty(call), reject: () => {} };
    if (this.#line.size === 0) last.accept();
    else this.#line.add(last);
  }

  protected override release(error: Error): boolean {
    const waits = this.#line.size > 0;
    if (!this.#outbox) closeDescriptor(this.descriptor);
    const waited = this.#outbox?.close(error) ?? false;
    for (const entry of this.#line) entry.reject(error);
    this.#line.clear();
    this.#congestion?.(false);
    return waits || waited;
  }
}
