/** One of two equal ends of a channel that goes both ways. */
import { type Passable, type Passage, passOn } from '../pipe/index.js';
import type { CallHandlers } from './calls/index.js';
import { Calls, ChannelUseError, type ServeOptions, type Serving } from './calls/index.js';
import type { PipeLink, WaitOptions } from './ends/index.js';
import { ChannelReader, ChannelWriter } from './ends/index.js';
import type { MessageCodec } from './framing/index.js';
import { ChannelBusyError } from './framing/index.js';

/** What there is for each direction. */
export interface BothWays<T> {
  readonly reads: T;
  readonly writes: T;
}

/**
 * One end of a channel that goes both ways: a ChannelReader and a ChannelWriter, with the methods of both, on
 * two pipes.
 *
 * Two sides that both send before they receive would wait for each other for ever, if the messages are larger
 * than the pipes. So while a send of this end waits, the end reads incoming messages into memory: up to
 * `limit` bytes (64 MiB, unless set) and one message.
 *
 * It carries messages, by `send` and `receive`, or calls, by `call` and `serve`: after the first `call` or
 * `serve`, `send` and `receive` are refused with ChannelUseError.
 */
export class DuplexEnd<In = unknown, Out = In>
  implements AsyncIterable<In>, Disposable, AsyncDisposable, Passable
{
  readonly #reader: ChannelReader<In>;
  readonly #writer: ChannelWriter<Out>;
  readonly #codecWord: string;
  /** Set by the first `call` or `serve`. */
  #calls: Calls | undefined;

  /** Takes over both descriptors. Made by `duplex` and `inherited`. */
  constructor(fds: BothWays<number>, codec: MessageCodec, limit: number, links?: BothWays<PipeLink>) {
    this.#codecWord = codec.word;
    this.#reader = new ChannelReader<In>(fds.reads, codec, limit, links?.reads);
    this.#writer = new ChannelWriter<Out>(fds.writes, codec, limit, links?.writes, (isCongested) =>
      this.#reader.readAhead(isCongested ? limit : undefined),
    );
  }

  /** As ChannelWriter.send. */
  send(message: Out, options?: WaitOptions): Promise<void> {
    return this.#calls ? Promise.reject(forCalls()) : this.#writer.send(message, options);
  }

  /** As ChannelReader.receive. */
  receive(options?: WaitOptions): Promise<In> {
    return this.#calls ? Promise.reject(forCalls()) : this.#reader.receive(options);
  }

  /** As ChannelReader.batches. */
  batches(): AsyncIterableIterator<In[]> {
    if (this.#calls) throw forCalls();
    return this.#reader.batches();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<In> {
    if (this.#calls) throw forCalls();
    return this.#reader[Symbol.asyncIterator]();
  }

  /**
   * Calls a method that the other side serves, and resolves with the handler's result. Any number of calls
   * may be under way, in both directions at once. They are sent in order, as many at a time as the other side
   * serves, and may be answered in any order. A call made before the other side serves waits for it. The
   * payload must not be changed before the call is settled.
   *
   * With a `timeout` or a signal: after a timeout or an abort the other side is notified, its handler's
   * signal is aborted, and a reply that still comes is dropped.
   *
   * Rejects with RemoteError for what the handler throws, with its `name` and `code`; UnknownMethodError,
   * NotServedError, CallTimeoutError, the signal's reason; CodecError and MessageTooLargeError when this call
   * could not be sent, which affects no other call; and when the channel is over, with its error:
   * ChannelEndedError, TruncatedMessageError, PeerGoneError, BadCallError, ChannelClosedError. OptionError;
   * ChannelUseError with the codec `'raw'`, and while a `receive` waits.
   *
   * @example
   * const sum = await end.call<number>('add', [1, 2], { timeout: '5s' });
   */
  call<Result = unknown>(method: string, payload?: unknown, options?: WaitOptions): Promise<Result> {
    try {
      return this.#open().call(method, payload, options) as Promise<Result>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Serves calls of the other side until the channel ends or the returned object is closed; until then the
   * program stays alive. Handlers run at the same time, as many as `concurrency` allows.
   *
   * Throws OptionError; the channel's error when it is over; and ChannelUseError with the codec `'raw'`, when
   * this end serves already, and while a `receive` waits.
   *
   * @example
   * inherited('rpc').serve({
   *   add: ([a, b]) => a + b,
   *   fetch: (url, { signal }) => fetch(url, { signal }).then((response) => response.text()),
   * });
   */
  serve(handlers: CallHandlers, options?: ServeOptions): Serving {
    return this.#open().serve(handlers, options);
  }

  /** Ends this side's sending, as ChannelWriter.end. Messages from the other side can still be received. */
  end(): Promise<void> {
    return this.#writer.end();
  }

  /** Closes both directions at once. Closing again is fine. */
  close(): void {
    this.#calls?.close();
    this.#writer.close();
    this.#reader.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Writes what was sent, then closes both directions. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#writer[Symbol.asyncDispose]();
    } finally {
      this.#reader.close();
    }
  }

  #open(): Calls {
    if (this.#calls) return this.#calls;
    if (this.#codecWord === 'raw')
      throw new ChannelUseError(
        "calls cannot be made of bytes alone: give the channel the codec 'json' or 'v8'",
      );
    if (this.#reader.isAwaited)
      throw new ChannelUseError(
        'a receive waits for a message on this end, and would get a call: await it first',
      );
    this.#calls = new Calls(this.#reader, this.#writer);
    return this.#calls;
  }

  [passOn](): Passage {
    if (this.#calls) throw new ChannelBusyError('calls are made or served on it');
    const reader = this.#reader[passOn]();
    let writer: Passage;
    try {
      writer = this.#writer[passOn]();
    } catch (error) {
      reader.failed();
      throw error;
    }
    return {
      descriptors: [...reader.descriptors, ...writer.descriptors],
      codec: reader.codec,
      done: () => {
        reader.done();
        writer.done();
      },
      failed: () => {
        reader.failed();
        writer.failed();
      },
      childEnded: (how, isPassedOn) => {
        reader.childEnded?.(how, isPassedOn);
        writer.childEnded?.(how, isPassedOn);
      },
    };
  }
}

const forCalls = () =>
  new ChannelUseError('this end makes or serves calls: send messages over a channel of their own');
