/** The end of a channel that messages come out of. */
import { setImmediate } from '../../base/index.js';
import { type Passable, type Passage, passOn } from '../../pipe/index.js';
import { closeDescriptor, makeBlocking, makeNonBlocking } from '../../system/index.js';
import type { LossReceiver, StreamParser } from '../framing/index.js';
import {
  ChannelBusyError,
  ChannelClosedError,
  ChannelEndedError,
  ChannelTimeoutError,
  FrameParser,
  type MessageCodec,
  Undecodable,
} from '../framing/index.js';
import { Inbox } from './inbox.js';
import { batchesOf, type MessageStore, messagesOf } from './iteration.js';
import { type LinkedEnd, type PipeLink, passedBy, whenNotPassedOn } from './link.js';
import { PipeSource, type ReaderState } from './pipe-source.js';
import { Receivers } from './receivers.js';
import { type Cancellation, cancellationFrom, type WaitOptions } from './waiting.js';

/** Bytes that are read before a `receive` asks: one read's worth. Beyond it the pipe fills. */
const READ_AHEAD = 65536;

/**
 * The end of a channel that messages come out of, in the order in which they were sent. Any number of
 * `receive`s may wait at the same time; they are served in turn.
 *
 * It keeps the program alive only while a `receive` waits for a message. Nothing is read before the first
 * `receive`. From then on it reads some 64 KiB ahead (of a shared pipe all that the pipe holds, which is
 * more); beyond that the writer waits.
 *
 * `for await` gives the messages one by one until the other side ends the channel. Leaving the loop leaves
 * the reader open: the next loop or `receive` continues where it stopped. `using` closes it.
 */
export class ChannelReader<In = unknown> implements AsyncIterable<In>, Disposable, Passable, LinkedEnd {
  /** @internal */
  readonly access = 'r';
  /** @internal */
  readonly link: PipeLink | undefined;
  readonly #fd: number;
  readonly #codec: MessageCodec;
  readonly #parser: StreamParser;
  readonly #inbox: Inbox;
  readonly #receivers = new Receivers<In>(() => this.#updateAwaited());
  #state: ReaderState = { kind: 'unread' };
  /** Bytes that came unasked since a `receive` last found the inbox empty. */
  #ahead = 0;
  #mostAhead = READ_AHEAD;
  #keepsAlive = true;
  /** Goes on reading in the next turn of the event loop. */
  #nextTurn: NodeJS.Immediate | undefined;

  /**
   * Takes over `fd`. Made by `pipe`, `duplex` and `inherited`. `link`: of a pipe that was made here.
   * `parserFor`: for frames other than the usual.
   */
  constructor(
    fd: number,
    codec: MessageCodec,
    limit: number,
    link?: PipeLink,
    parserFor: (receiver: LossReceiver) => StreamParser = (receiver) => new FrameParser(limit, receiver),
  ) {
    this.link = link;
    link?.opened(this);
    this.#fd = fd;
    this.#codec = codec;
    this.#inbox = new Inbox(codec.word);
    this.#parser = parserFor({
      inside: (chunk, bounds, count) => codec.decodeInside(chunk, bounds, count, this.#inbox.values),
      assembled: (body) => this.#inbox.values.push(codec.decode(body)),
      lost: (error) => this.#inbox.values.push(new Undecodable(error, Buffer.alloc(0))),
    });
  }

  /**
   * The next message. A `timeout` limits the time until the whole message is there, not until its first byte.
   * After a timeout or an abort nothing that has come is lost: the next `receive` gets it.
   *
   * Rejects with ChannelEndedError after the last message, TruncatedMessageError when the channel ends within
   * a message, MessageTooLargeError and BadFrameError for bytes that cannot be a message (all of these at
   * every call from then on), CodecError for a message that cannot be decoded (the next call gives the next
   * message), ChannelTimeoutError, the signal's reason, ChannelClosedError, OptionError.
   */
  receive(options?: WaitOptions): Promise<In> {
    if (options === undefined && this.#hasOne) return this.#inbox.takeSettled() as Promise<In>;
    try {
      return this.#receiveOrWait(cancellationFrom(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * All messages that are there, in one array, whenever there are any, until the other side ends the channel.
   * For millions of small messages, at two thirds of the cost of taking them one by one.
   */
  batches(): AsyncIterableIterator<In[]> {
    return batchesOf(this.#store);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<In> {
    return messagesOf(this.#store);
  }

  /**
   * Closes the end: the other side's writers get PeerGoneError. Messages that have come and were not received
   * are dropped.
   */
  close(): void {
    this.#finish(new ChannelClosedError('closed'));
    this.#inbox.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal For a duplex end: bytes that may be read ahead; undefined for the usual. */
  readAhead(bytes: number | undefined): void {
    this.#mostAhead = bytes ?? READ_AHEAD;
    if (this.#ahead < this.#mostAhead && bytes !== undefined && !this.#isOver) this.#open().listen();
  }

  /** The descriptor's number; undefined when it is not ours any more. */
  protected get descriptor(): number | undefined {
    return this.#isOver ? undefined : this.#fd;
  }

  /** For messages that the parser has added although no bytes came. */
  protected deliver(): void {
    this.#receivers.serveFrom(this.#inbox);
  }

  /** Whether a `receive` waits for a message. */
  get isAwaited(): boolean {
    return !this.#receivers.isEmpty;
  }

  /** @internal For a duplex end: whether a waiting `receive` keeps the program alive. True, unless set. */
  set keepsAlive(value: boolean) {
    this.#keepsAlive = value;
    this.#updateAwaited();
  }

  [passOn](): Passage {
    if (this.#state.kind === 'over') throw this.#state.error;
    if (this.isAwaited) throw new ChannelBusyError('a receive waits for a message on it');
    if (!this.#inbox.isEmpty || this.#parser.isUnderWay)
      throw new ChannelBusyError('messages were read ahead from it, and would be lost; receive them first');
    makeBlocking(this.#fd);
    return {
      descriptors: [{ fd: this.#fd, access: 'r' }],
      codec: this.#codec.word,
      failed: () => makeNonBlocking(this.#fd),
      ...passedBy(this.link, 'r', () => this.#finish(new ChannelClosedError('passed on'))),
    };
  }

  /** @internal */
  orphaned(how: string, isPassedOn: () => boolean): void {
    // What the child wrote comes first, and an end without its help.
    if (this.#isDrained()) return;
    const end = () => this.#finish(this.#endError(how));
    whenNotPassedOn(isPassedOn, () => this.#isDrained(), end);
  }

  /** Takes what is in the pipe, however much waits to be received. True if the channel is over. */
  #isDrained(): boolean {
    try {
      if (!this.#isOver && this.#open().drain() === 'end') this.#finish(this.#endError());
    } catch (error) {
      this.#finish(error as Error);
    }
    this.#receivers.serveFrom(this.#inbox);
    return this.#isOver;
  }

  get #store(): MessageStore<In> {
    return {
      hasOne: () => this.#hasOne && this.#inbox.startsWithMessage,
      take: () => this.#inbox.take() as In,
      takeAll: () => this.#inbox.takeBatch() as In[],
      receive: () => this.receive(),
    };
  }

  get #isOver(): boolean {
    return this.#state.kind === 'over';
  }

  /**
   * Not while the parser runs: a caller's codec may call `receive` while it decodes, and must then wait in
   * turn.
   */
  get #hasOne(): boolean {
    return !this.#inbox.isEmpty && !this.#parser.isParsing;
  }

  #receiveOrWait(cancellation: Cancellation | undefined): Promise<In> {
    cancellation?.signal?.throwIfAborted();
    if (this.#inbox.isEmpty && !this.isAwaited) this.#readUntilMessage(cancellation?.timeoutMs === 0);
    if (this.#hasOne && !this.isAwaited) return this.#inbox.takeSettled() as Promise<In>;
    if (this.#state.kind === 'over') return Promise.reject(this.#state.error);
    return this.#waitInTurn(this.#open(), cancellation);
  }

  #waitInTurn(source: PipeSource, cancellation: Cancellation | undefined): Promise<In> {
    const message = this.#receivers.wait(
      cancellation,
      (timeoutMs) =>
        new ChannelTimeoutError('receive', timeoutMs, this.#parser.isUnderWay ? 'under way' : 'none'),
    );
    source.listen();
    if (this.#hasOne) this.#receivers.serveFrom(this.#inbox);
    return message;
  }

  #open(): PipeSource {
    if (this.#state.kind === 'reading') return this.#state.source;
    const source = new PipeSource(this.#fd, this.#parser, {
      woken: (bytes) => this.#whenWoken(bytes),
      ended: () => this.#finish(this.#endError()),
      failed: (error) => this.#finish(error as Error),
    });
    this.#state = { kind: 'reading', source };
    this.#updateAwaited();
    return source;
  }

  /**
   * Reads until there is a message or the pipe is empty. `urgent`: also when this turn of the event loop was
   * long enough.
   */
  #readUntilMessage(urgent = false): void {
    if (this.#isOver || this.#parser.isParsing) return;
    this.#ahead = 0;
    try {
      const source = this.#open();
      let outcome = source.pull(urgent);
      // A caller's codec may have closed this end while it decoded.
      while (outcome === 'bytes' && this.#inbox.isEmpty && !this.#isOver) outcome = source.pull(urgent);
      if (outcome === 'end') this.#finish(this.#endError());
      if (outcome === 'spent')
        this.#nextTurn ??= setImmediate(() => {
          this.#nextTurn = undefined;
          this.#readForReceivers();
        });
    } catch (error) {
      this.#finish(error as Error);
    }
  }

  /**
   * The source has read, and the parser has taken, so many bytes. Returns whether the source is to listen on.
   */
  #whenWoken(bytes: number): boolean {
    this.#ahead += bytes;
    this.#receivers.serveFrom(this.#inbox);
    // The rest of a large message is read directly.
    this.#readForReceivers();
    return !this.#isOver && (this.isAwaited || this.#ahead < this.#mostAhead);
  }

  #readForReceivers(): void {
    if (!this.isAwaited) return;
    this.#readUntilMessage();
    this.#receivers.serveFrom(this.#inbox);
  }

  #updateAwaited(): void {
    if (this.#state.kind === 'reading') this.#state.source.isAwaited = this.#keepsAlive && this.isAwaited;
  }

  #endError(how?: string): Error {
    return this.#parser.truncation() ?? new ChannelEndedError(how);
  }

  /**
   * Nothing more will come. What has come can still be received. Of several reasons the first counts, but
   * closing comes before all.
   */
  #finish(error: Error): void {
    this.#receivers.serveFrom(this.#inbox);
    const before = this.#state;
    if (before.kind === 'over') {
      const isFirstClose =
        error instanceof ChannelClosedError && !(before.error instanceof ChannelClosedError);
      if (isFirstClose) this.#state = { kind: 'over', error };
      return;
    }
    this.#state = { kind: 'over', error };
    this.link?.closed(this);
    if (before.kind === 'reading') before.source.close();
    else closeDescriptor(this.#fd);
    this.#receivers.rejectAll(error);
  }
}
