/** Request and reply on a duplex end: gives each message to the call that waits for it, or to the handler. */
import { OptionError, requireNames } from '../../base/index.js';
import type { ChannelReader, ChannelWriter } from '../ends/index.js';
import { cancellationFrom, type WaitOptions } from '../ends/index.js';
import { ChannelClosedError, ChannelEndedError, type ChannelError, PeerGoneError } from '../framing/index.js';
import { type Envelope, envelopeFrom } from './call-envelope.js';
import { BadCallError, ChannelUseError } from './call-errors.js';
import { type CallHandlers, CallServer } from './call-server.js';
import { Caller, replies } from './caller.js';

/** Options of `serve`. */
export interface ServeOptions {
  /**
   * Calls that are served at a time, from 1. The other side keeps further calls back until there are replies.
   * Default: 64.
   */
  readonly concurrency?: number | undefined;
}

/** The control of a serving end. */
export interface Serving extends AsyncDisposable {
  /**
   * Resolves when serving is over, by `close` or because the channel has ended, and every call is answered.
   * Rejects with the channel's error when the channel has broken: TruncatedMessageError, BadFrameError,
   * BadCallError and the like. It may be ignored.
   */
  readonly finished: Promise<void>;
  /**
   * Accepts no more calls: they are rejected with NotServedError on the other side. Resolves when those under
   * way are answered. The end can still make calls, and can serve again. Closing again is fine.
   */
  close(): Promise<void>;
}

const DEFAULT_CONCURRENCY = 64;
const MOST_CONCURRENCY = 2 ** 31 - 1;

export class Calls {
  readonly #reader: ChannelReader<unknown>;
  readonly #writer: ChannelWriter<unknown>;
  readonly #caller: Caller;
  #server: CallServer | undefined;
  #isServing = false;
  #isCalling = false;
  /** Why nothing more will come. */
  #failure: ChannelError | undefined;
  readonly #over: Promise<void>;

  /** Takes over both ends: no other code may read. */
  constructor(reader: ChannelReader<unknown>, writer: ChannelWriter<unknown>) {
    this.#reader = reader;
    this.#writer = writer;
    this.#caller = new Caller({
      send: (envelope) => this.#send(envelope),
      unanswered: (method, error) => this.#unanswered(method, error),
      waits: (isWaiting) => {
        this.#isCalling = isWaiting;
        this.#tellAlive();
      },
    });
    this.#tellAlive();
    this.#over = this.#receive();
    // Every call is rejected with the error, and so is `finished`.
    this.#over.catch(() => {});
  }

  call(method: string, payload: unknown, options: WaitOptions | undefined): Promise<unknown> {
    try {
      if (typeof method !== 'string') throw new OptionError('method', method, 'the name of a method');
      const cancellation = cancellationFrom(options);
      cancellation?.signal?.throwIfAborted();
      if (this.#failure) throw this.#failure;
      return this.#caller.call(method, payload, cancellation);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  serve(handlers: CallHandlers, options: ServeOptions = {}): Serving {
    requireHandlers(handlers);
    const concurrency = concurrencyFrom(options);
    if (this.#failure) throw this.#failure;
    if (this.#isServing)
      throw new ChannelUseError('this end serves already: close what serve has returned first, and await it');
    const server = new CallServer(handlers, concurrency, {
      send: (envelope) => this.#send(envelope),
      failed: (error) => this.#end(error),
    });
    this.#server = server;
    this.#isServing = true;
    this.#tellAlive();
    let close = () => {};
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    const finished = this.#finish(server, closed);
    // The caller may ignore it.
    finished.catch(() => {});
    const end = () => {
      server.close();
      close();
      return finished;
    };
    return { finished, close: end, [Symbol.asyncDispose]: end };
  }

  async #finish(server: CallServer, closed: Promise<void>): Promise<void> {
    try {
      await Promise.race([closed, this.#over]);
      await server.idle();
    } finally {
      this.#isServing = false;
      this.#tellAlive();
    }
  }

  /** An end that neither serves nor waits for a reply reads on, but does not keep the program alive. */
  #tellAlive(): void {
    this.#reader.keepsAlive = this.#isCalling || this.#isServing;
  }

  #send(envelope: Envelope): Promise<void> {
    return this.#writer.send(envelope);
  }

  /** Resolves at the channel's end, and rejects when it breaks. */
  async #receive(): Promise<void> {
    const batches = this.#reader.batches();
    try {
      for (let next = await batches.next(); !next.done; next = await batches.next()) {
        for (const message of next.value) {
          const pause = this.#take(envelopeFrom(message));
          if (pause) await pause;
        }
      }
      // The rejection says how the channel ended.
      await this.#reader.receive();
    } catch (error) {
      this.#end(error as ChannelError);
      // The first error is the reason; the others follow from it.
      const why = this.#failure;
      if (!(why instanceof ChannelEndedError || why instanceof ChannelClosedError)) throw why;
    }
  }

  /** Returns a promise to await before the next message. */
  #take(envelope: Envelope): Promise<void> | undefined {
    // A handler of the same batch has closed the end.
    if (this.#failure) return undefined;
    switch (envelope[0]) {
      case 'serve':
        this.#caller.served(envelope[1]);
        return undefined;
      case 'call':
        return this.#begin(envelope);
      case 'cancel':
        this.#server?.cancel(envelope[1]);
        return undefined;
      default:
        this.#settle(envelope);
        return undefined;
    }
  }

  #begin([, id, method, payload]: Extract<Envelope, readonly ['call', ...unknown[]]>):
    | Promise<void>
    | undefined {
    const server = this.#server;
    if (!server) {
      this.#send(['refused', id, 'not served']).catch(() => {});
      return undefined;
    }
    const free = server.whenFree();
    if (free) return free.then(() => server.begin(id, method, payload));
    server.begin(id, method, payload);
    return undefined;
  }

  #settle(envelope: Extract<Envelope, readonly ['result' | 'error' | 'refused', ...unknown[]]>): void {
    const [kind, id] = envelope;
    const isKnown =
      kind === 'result'
        ? this.#caller.replied(id, replies.result(envelope[2]))
        : kind === 'error'
          ? this.#caller.replied(id, replies.error(envelope[2]))
          : this.#caller.replied(id, replies.refused(envelope[2]));
    if (!isKnown) throw new BadCallError(`a reply to the number ${id}, under which nothing was asked`);
  }

  /** The end of the other side's process comes a moment after the end of its channels. */
  async #unanswered(method: string, error: Error): Promise<Error> {
    if (!(error instanceof ChannelEndedError || error instanceof PeerGoneError)) return error;
    const how = await this.#reader.link?.howItEnded();
    const what = `'${method}' was not answered: ${how ?? 'the other side has ended the channel'}`;
    return error instanceof PeerGoneError ? new PeerGoneError(how, what) : new ChannelEndedError(how, what);
  }

  /** Closes the end. */
  close(): void {
    this.#end(new ChannelClosedError('closed'));
  }

  #end(error: ChannelError): void {
    if (this.#failure) return;
    this.#failure = error;
    // A caller whose call is lost must not wait for ever: both sides find the channel closed.
    if (!(error instanceof ChannelEndedError)) {
      this.#writer.close();
      this.#reader.close();
    }
    this.#caller.fail(error);
    this.#server?.cancelAll(error);
  }
}

function requireHandlers(handlers: unknown): void {
  const isGiven = typeof handlers === 'object' && handlers !== null;
  if (!isGiven || !Object.values(handlers).every((handler) => typeof handler === 'function'))
    throw new OptionError(
      'handlers',
      handlers,
      'an object whose members are functions, by the names of methods',
    );
}

function concurrencyFrom(options: ServeOptions): number {
  const { concurrency = DEFAULT_CONCURRENCY } = requireNames('options', options, ['concurrency']);
  if (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= MOST_CONCURRENCY)
    return concurrency;
  throw new OptionError('concurrency', concurrency, `a whole number from 1 to ${MOST_CONCURRENCY}`);
}
