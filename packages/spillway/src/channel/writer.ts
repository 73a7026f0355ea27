/** The end of a channel that messages go into. */
import { type Passable, type Passage, passOn } from '../pipe/index.js';
import { closeDescriptor, makeBlocking, makeNonBlocking } from '../system/index.js';
import type { MessageCodec } from './codec.js';
import { encodeBody } from './encoding.js';
import { ChannelBusyError, ChannelClosedError, ChannelTimeoutError, PeerGoneError } from './errors.js';
import { Outbox } from './outbox.js';
import { type Bounds, bound, boundsFrom, type WaitOptions } from './waiting.js';

/** A message that waits for those before it, or for room. */
interface Entry {
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
export class ChannelWriter<Out = unknown> implements Disposable, AsyncDisposable, Passable {
  readonly #fd: number;
  readonly #codec: MessageCodec;
  readonly #limit: number;
  readonly #line = new Set<Entry>();
  readonly #congestion: ((isCongested: boolean) => void) | undefined;
  #outbox: Outbox | undefined;
  /** Why nothing more can be sent. */
  #failure: Error | undefined;
  #isClosed = false;
  #ending: Promise<void> | undefined;
  /** Tells who waits for the end that it failed. */
  #broken: ((error: Error) => void) | undefined;
  /** Whether somebody knows of the failure. */
  #wasTold = false;

  /** Takes over `fd`. Made by `pipe`, `duplex` and `inherited`. `congestion` is told when senders begin and end to wait. */
  constructor(fd: number, codec: MessageCodec, limit: number, congestion?: (isCongested: boolean) => void) {
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
    if (this.#failure) return this.#refuse(this.#failure);
    try {
      const body = this.#encode(message);
      const bounds = boundsFrom(options);
      if (bounds) return this.#sendBounded(body, bounds);
      return this.#line.size > 0 ? this.#lineUp(body) : this.#accept(body).settled;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Ends the channel: what was accepted is written, then the other side finds the end behind the last message. Calling it again gives the
   * same promise. Rejects with PeerGoneError when nobody reads any more, and ChannelClosedError when it is closed meanwhile.
   */
  end(): Promise<void> {
    this.#ending ??= this.#end();
    // Who does not wait for the end does not want to know.
    this.#ending.catch(() => {});
    return this.#ending;
  }

  /**
   * Closes the end at once, with what the pipe takes without waiting. What else was accepted is dropped; if that cuts a message off, the
   * other side gets TruncatedMessageError. Closing again is fine.
   */
  close(): void {
    this.#finish(new ChannelClosedError('closed'));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const wasTold = this.#wasTold;
    try {
      await this.end();
    } catch (error) {
      if (!wasTold) throw error;
    }
  }

  [passOn](): Passage {
    if (this.#failure) throw this.#failure;
    if (this.#line.size > 0 || (this.#outbox && !this.#outbox.isEmpty))
      throw new ChannelBusyError('messages wait here to be written; await their send first');
    makeBlocking(this.#fd);
    return {
      descriptors: [{ fd: this.#fd, access: 'w' }],
      codec: this.#codec.word,
      done: () => this.#finish(new ChannelClosedError('passed on')),
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
      if (this.#isClosed) return this.#broke();
      if (outbox.isCongested) this.#congestion?.(true);
      return { settled };
    }
    const large = outbox.addLarge(body, isLent);
    if (this.#isClosed) return this.#broke();
    if (!large) return { settled: Promise.resolve() };
    this.#congestion?.(true);
    return { settled: large.written, detach: large.detach };
  }

  /** What was to be written found that nobody reads. */
  #broke(): { settled: Promise<void> } {
    return { settled: this.#refuse(this.#failure as Error) };
  }

  #sendBounded(body: Uint8Array | string, bounds: Bounds): Promise<void> {
    bounds.signal?.throwIfAborted();
    const promise = new Promise<void>((resolve, reject) => {
      let state: 'withdrawn' | 'under way' = 'withdrawn';
      let detach: (() => void) | undefined;
      const stop = bound(
        bounds,
        () => new ChannelTimeoutError('send', bounds.timeoutMs, state),
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
      const entry: Entry = {
        body,
        accept: () => {
          state = 'under way';
          const accepted = this.#accept(body, true);
          // Small ones are written by themselves from here on; that others should wait is no concern of this one.
          if (!accepted.detach) {
            accepted.settled.then(undefined, fail);
            if (!this.#isClosed) settle();
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
      broken: (error) => this.#finish(error ?? new PeerGoneError()),
    });
    return this.#outbox;
  }

  #end(): Promise<void> {
    if (this.#failure) {
      // Closing what is closed is fine.
      return this.#failure instanceof ChannelClosedError ? Promise.resolve() : this.#refuse(this.#failure);
    }
    this.#failure = new ChannelClosedError('ended');
    return new Promise((resolve, reject) => {
      // Last in the line, so that what waits in it is sent.
      const close = () => {
        this.#broken = undefined;
        this.#finish(new ChannelClosedError('ended'));
        resolve();
      };
      this.#broken = reject;
      const last: Entry = { body: '', accept: () => this.#open().whenEmpty(close), reject };
      if (this.#line.size === 0) last.accept();
      else this.#line.add(last);
    });
  }

  #finish(error: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (!this.#failure || !(error instanceof ChannelClosedError)) this.#failure = error;
    this.#wasTold ||= this.#line.size > 0;
    if (!this.#outbox) closeDescriptor(this.#fd);
    else if (this.#outbox.close(error)) this.#wasTold = true;
    for (const entry of this.#line) entry.reject(error);
    this.#line.clear();
    this.#broken?.(error);
    this.#congestion?.(false);
  }

  #refuse(error: Error): Promise<never> {
    this.#wasTold = true;
    const refused = Promise.reject(error);
    if (!(error instanceof ChannelClosedError)) refused.catch(() => {});
    return refused;
  }
}
