/** The end of a channel that messages come out of. */
import { type Passable, type Passage, passOn } from '../../pipe/index.js';
import { closeDescriptor, makeBlocking, makeNonBlocking } from '../../system/index.js';
import type { LossReceiver, StreamParser } from '../framing/index.js';
import {
  ChannelBusyError,
  ChannelClosedError,
  ChannelEndedError,
  ChannelTimeoutError,
  CodecError,
  FrameParser,
  type MessageCodec,
  MessageLostError,
  Undecodable,
} from '../framing/index.js';
import { Inbox } from './inbox.js';
import { batchesOf, type MessageStore, messagesOf } from './iteration.js';
import { PipeSource } from './pipe-source.js';
import { type Bounds, bound, boundsFrom, type Waiter, type WaitOptions } from './waiting.js';

/** Bytes that are read ahead of who takes the messages: one read's worth. Then the pipe fills, and the writer waits. */
const READ_AHEAD = 65536;

/**
 * The end of a channel that messages come out of, in the order in which they were sent. Any number of `receive`s may wait at the same time;
 * they are served in turn.
 *
 * It keeps the program alive only while somebody waits for a message. Nothing is read before the first `receive`; from then on some 64 KiB
 * are read ahead (of a shared pipe all that it holds, which is more), and beyond that the writer waits.
 *
 * `for await` gives the messages one by one until the other side ends the channel. Leaving the loop leaves the reader open, and the
 * next loop or `receive` goes on where it stopped. `using` closes it.
 */
export class ChannelReader<In = unknown> implements AsyncIterable<In>, Disposable, Passable {
  readonly #fd: number;
  readonly #codec: MessageCodec;
  readonly #parser: StreamParser;
  readonly #inbox = new Inbox();
  readonly #waiters = new Set<Waiter<In>>();
  #source: PipeSource | undefined;
  /** Bytes that have come since the inbox was last found empty by somebody who wanted more. */
  #ahead = 0;
  #mostAhead = READ_AHEAD;
  #keepsAlive = true;
  /** The next turn of the event loop, when this one was long enough. */
  #resume: NodeJS.Immediate | undefined;
  /** Why nothing will come any more. */
  #failure: Error | undefined;

  /** Takes over `fd`. Made by `pipe`, `duplex` and `inherited`. `parserFor`: of other frames than the usual. */
  constructor(
    fd: number,
    codec: MessageCodec,
    limit: number,
    parserFor: (receiver: LossReceiver) => StreamParser = (receiver) => new FrameParser(limit, receiver),
  ) {
    this.#fd = fd;
    this.#codec = codec;
    this.#parser = parserFor({
      inside: (chunk, bounds, count) => codec.decodeInside(chunk, bounds, count, this.#inbox.values),
      assembled: (body) => this.#inbox.values.push(codec.decode(body)),
      lost: (error) => this.#inbox.values.push(new Undecodable(error, Buffer.alloc(0))),
    });
  }

  /**
   * The next message. A `timeout` bounds the whole of it, not its first byte; when it is up, or the signal is aborted, nothing that has come is
   * lost: the next `receive` gets it.
   *
   * Rejects with ChannelEndedError after the last message, TruncatedMessageError when the end came within one, MessageTooLargeError and
   * BadFrameError for what cannot be one (all of these at every call from then on), CodecError for one that cannot be decoded (the next call
   * gives the next message), ChannelTimeoutError, the signal's reason, ChannelClosedError, OptionError.
   */
  receive(options?: WaitOptions): Promise<In> {
    if (options === undefined && this.#hasOne) return this.#take();
    try {
      return this.#receive(boundsFrom(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * All messages that are there, in one array, whenever there are any, until the other side ends the channel: for who takes millions
   * of small ones, at a third less than one by one.
   */
  batches(): AsyncIterableIterator<In[]> {
    return batchesOf(this.#store);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<In> {
    return messagesOf(this.#store);
  }

  /** Closes the end; who writes to the channel gets PeerGoneError. What has come and was not received is dropped. */
  close(): void {
    this.#fail(new ChannelClosedError('closed'));
    this.#inbox.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** For a duplex end: bytes that may be read ahead; undefined for the usual. */
  readAhead(bytes: number | undefined): void {
    this.#mostAhead = bytes ?? READ_AHEAD;
    if (this.#ahead < this.#mostAhead && bytes !== undefined && !this.#failure) this.#open().listen();
  }

  /** Its number; undefined when it is not ours any more. */
  protected get descriptor(): number | undefined {
    return this.#failure ? undefined : this.#fd;
  }

  /** The parser has given messages though nothing came. */
  protected deliver(): void {
    this.#serve();
    this.#tellAwaited();
  }

  /** Whether somebody waits for a message. */
  get isAwaited(): boolean {
    return this.#waiters.size > 0;
  }

  /** For a duplex end: whether who waits keeps the program alive. True, unless set. */
  set keepsAlive(value: boolean) {
    this.#keepsAlive = value;
    this.#tellAwaited();
  }

  [passOn](): Passage {
    if (this.#failure) throw this.#failure;
    if (this.#waiters.size > 0) throw new ChannelBusyError('somebody waits for a message on it');
    if (!this.#inbox.isEmpty || this.#parser.isUnderWay)
      throw new ChannelBusyError('messages were read ahead from it, and would be lost; receive them first');
    makeBlocking(this.#fd);
    return {
      descriptors: [{ fd: this.#fd, access: 'r' }],
      codec: this.#codec.word,
      done: () => this.#fail(new ChannelClosedError('passed on')),
      failed: () => makeNonBlocking(this.#fd),
    };
  }

  get #store(): MessageStore<In> {
    return {
      hasOne: () => this.#hasOne && !(this.#inbox.first instanceof Undecodable),
      take: () => this.#inbox.take() as In,
      takeAll: () => this.#inbox.takeBatch() as In[],
      receive: () => this.receive(),
    };
  }

  /** A codec of the caller's may ask for the next message while it decodes one: it has to wait for its turn. */
  get #hasOne(): boolean {
    return !this.#inbox.isEmpty && !this.#parser.isParsing;
  }

  #receive(bounds: Bounds | undefined): Promise<In> {
    bounds?.signal?.throwIfAborted();
    if (this.#inbox.isEmpty && this.#waiters.size === 0) this.#pull(bounds?.timeoutMs === 0);
    if (this.#hasOne && this.#waiters.size === 0) return this.#take();
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#wait({ resolve, reject }, bounds));
  }

  #take(): Promise<In> {
    const value = this.#inbox.take();
    return value instanceof Undecodable ? Promise.reject(this.#explain(value)) : Promise.resolve(value as In);
  }

  #wait(waiter: Waiter<In>, bounds: Bounds | undefined): void {
    this.#waiters.add(bounds ? this.#bounded(waiter, bounds) : waiter);
    const source = this.#open();
    this.#tellAwaited();
    source.listen();
    if (this.#hasOne) this.#serve();
  }

  #bounded(waiter: Waiter<In>, bounds: Bounds): Waiter<In> {
    const late = () =>
      new ChannelTimeoutError('receive', bounds.timeoutMs, this.#parser.isUnderWay ? 'under way' : 'none');
    const stop = bound(bounds, late, (error) => {
      this.#waiters.delete(entry);
      this.#tellAwaited();
      waiter.reject(error);
    });
    const entry: Waiter<In> = {
      resolve: (value) => {
        stop();
        waiter.resolve(value);
      },
      reject: (error) => {
        stop();
        waiter.reject(error);
      },
    };
    return entry;
  }

  #open(): PipeSource {
    if (this.#source) return this.#source;
    this.#source = new PipeSource(this.#fd, this.#parser, {
      woken: (bytes) => this.#woken(bytes),
      ended: () => this.#ended(),
      failed: (error) => this.#fail(error as Error),
    });
    this.#tellAwaited();
    return this.#source;
  }

  #tellAwaited(): void {
    if (this.#source) this.#source.isAwaited = this.#keepsAlive && this.#waiters.size > 0;
  }

  /** Reads until there is a message for who asks, or nothing to read. */
  #pull(urgent = false): void {
    if (this.#failure || this.#parser.isParsing) return;
    this.#ahead = 0;
    try {
      const source = this.#open();
      for (let outcome = source.pull(urgent); outcome !== 'would-block'; outcome = source.pull(urgent)) {
        if (outcome === 'end') this.#ended();
        if (outcome === 'spent') this.#resume ??= setImmediate(() => this.#goOn());
        if (outcome !== 'bytes' || !this.#inbox.isEmpty) return;
      }
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** Timers and others have had their turn. */
  #goOn(): void {
    this.#resume = undefined;
    if (this.#waiters.size === 0) return;
    this.#pull();
    this.#serve();
    this.#tellAwaited();
  }

  /** Something came by itself. Answers whether more is wanted. */
  #woken(bytes: number): boolean {
    this.#ahead += bytes;
    this.#serve();
    // The rest of a large message is read directly.
    if (this.#waiters.size > 0) {
      this.#pull();
      this.#serve();
    }
    this.#tellAwaited();
    return !this.#failure && (this.#waiters.size > 0 || this.#ahead < this.#mostAhead);
  }

  #serve(): void {
    for (const waiter of this.#waiters) {
      if (this.#inbox.isEmpty) return;
      this.#waiters.delete(waiter);
      const value = this.#inbox.take();
      if (value instanceof Undecodable) waiter.reject(this.#explain(value));
      else waiter.resolve(value as In);
    }
  }

  #explain({ cause, body }: Undecodable): Error {
    return cause instanceof MessageLostError ? cause : new CodecError(this.#codec.word, cause, body);
  }

  #ended(): void {
    this.#fail(this.#parser.truncation() ?? new ChannelEndedError());
  }

  /** Nothing more will come. What has come can still be taken. */
  #fail(error: Error): void {
    this.#serve();
    const isOver = this.#failure !== undefined;
    if (!(this.#failure instanceof ChannelClosedError))
      this.#failure = isOver && !(error instanceof ChannelClosedError) ? this.#failure : error;
    if (isOver) return;
    if (this.#source) this.#source.close();
    else closeDescriptor(this.#fd);
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
  }
}
