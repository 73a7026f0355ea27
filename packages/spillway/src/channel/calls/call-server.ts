/** Calls from the other side, from the request to the reply. */

import { AsyncResource } from 'node:async_hooks';
import { isThenable } from '../../base/index.js';
import { ChannelClosedError, type ChannelError, CodecError, MessageTooLargeError } from '../framing/index.js';
import { carriedFrom, type Envelope } from './call-envelope.js';
import { BadCallError, type CarriedError } from './call-errors.js';

/** What a handler gets beside the payload. */
export interface CallContext {
  /**
   * Aborted when the caller drops the call, after a timeout or because its signal was aborted; or when the
   * channel has ended, with the channel's error as the reason.
   */
  readonly signal: AbortSignal;
}

/**
 * Carries out one method. Its result, or the value that its promise resolves with, is the reply. An error
 * that it throws is sent to the caller.
 */
// biome-ignore lint/suspicious/noExplicitAny: only the two programs know what they send one another
export type CallHandler = (payload: any, context: CallContext) => unknown;

/** Methods by their names. Only the object's own functions can be called, not inherited ones. */
export type CallHandlers = Readonly<Record<string, CallHandler>>;

/**
 * One call that is being served. The signal is made when it is first used: few handlers use it, and making
 * one costs more than the rest of a call.
 */
class Served implements CallContext {
  #controller: AbortController | undefined;
  #reason: { readonly error: Error | undefined } | undefined;

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason.error);
    }
    return this.#controller.signal;
  }

  /** Whether the caller has dropped the reply. Unknown, so false, when the channel has ended. */
  get isDropped(): boolean {
    return this.#reason !== undefined && this.#reason.error === undefined;
  }

  /** Without an error the reason is an AbortError. */
  cancel(error?: Error): void {
    if (this.#reason) return;
    this.#reason = { error };
    this.#controller?.abort(error);
  }
}

export interface CallServerHooks {
  send(envelope: Envelope): Promise<void>;
  /** Neither a reply nor the error in its place could be sent: the caller would wait for ever. */
  failed(error: ChannelError): void;
}

export class CallServer {
  readonly #methods: ReadonlyMap<string, CallHandler>;
  readonly #receiver: CallHandlers;
  /** Of the call of `serve`: the bytes may come in the context of any other. */
  readonly #context = new AsyncResource('SpillwayServe');
  readonly #concurrency: number;
  readonly #hooks: CallServerHooks;
  readonly #served = new Map<number, Served>();
  /** Replies that wait for room in the pipe. */
  #replying = 0;
  #isClosed = false;
  #changed: (() => void) | undefined;

  constructor(handlers: CallHandlers, concurrency: number, hooks: CallServerHooks) {
    this.#receiver = handlers;
    this.#methods = new Map(Object.entries(handlers));
    this.#concurrency = concurrency;
    this.#hooks = hooks;
    this.#tell(concurrency);
  }

  /**
   * Resolves when one more call can be served; undefined if that is now. Only callers that send more than the
   * announced number wait here.
   */
  whenFree(): Promise<void> | undefined {
    if (this.#served.size < this.#concurrency && this.#replying < 2 * this.#concurrency) return undefined;
    return this.#change().then(() => this.whenFree());
  }

  /** Begins a call. Throws BadCallError for the number of a call that is under way. */
  begin(id: number, method: string, payload: unknown): void {
    if (this.#served.has(id)) throw new BadCallError(`a call with the number ${id}, which is under way`);
    const handler = this.#isClosed ? undefined : this.#methods.get(method);
    if (handler) this.#carryOut(id, handler, payload);
    else this.#reply(['refused', id, this.#isClosed ? 'not served' : 'unknown method']);
  }

  #carryOut(id: number, handler: CallHandler, payload: unknown): void {
    const served = new Served();
    this.#served.set(id, served);
    const succeeded = (value: unknown) => this.#succeeded(id, value);
    const threw = (error: unknown) => this.#reply(['error', id, carriedFrom(error)]);
    try {
      const result = this.#context.runInAsyncScope<unknown, unknown>(
        handler,
        this.#receiver,
        payload,
        served,
      );
      if (isThenable(result)) Promise.resolve(result).then(succeeded, threw);
      else succeeded(result);
    } catch (error) {
      threw(error);
    }
  }

  cancel(id: number): void {
    this.#served.get(id)?.cancel();
  }

  /** The channel has ended: cancels every call. */
  cancelAll(error: Error): void {
    this.#isClosed = true;
    for (const served of this.#served.values()) served.cancel(error);
  }

  /** Accepts no more calls. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tell(0);
  }

  /** Resolves when every call is answered. */
  async idle(): Promise<void> {
    while (this.#served.size > 0 || this.#replying > 0) await this.#change();
  }

  #tell(count: number): void {
    // If this fails, the other side is gone, and the reader finds that as well.
    this.#hooks.send(['serve', count]).catch(() => {});
  }

  #succeeded(id: number, value: unknown): void {
    // A caller that has dropped the call needs no value, only the news that there is room for another.
    const isWanted = value !== undefined && !this.#served.get(id)?.isDropped;
    this.#reply(isWanted ? ['result', id, value] : ['result', id]);
  }

  #reply(envelope: Envelope): void {
    this.#served.delete(envelope[1]);
    this.#replying++;
    this.#hooks
      .send(envelope)
      .catch((error: unknown) => this.#explain(envelope, error))
      .then(() => {
        this.#replying--;
        const call = this.#changed;
        this.#changed = undefined;
        call?.();
      });
  }

  /** A reply that cannot be encoded, or is too large, becomes an error that can be sent. */
  async #explain([kind, id, rest]: Envelope, error: unknown): Promise<void> {
    if (!(error instanceof CodecError || error instanceof MessageTooLargeError)) return;
    const { name, message, code } = error;
    const instead: CarriedError =
      kind === 'error'
        ? { name: (rest as CarriedError).name.slice(0, 80), message }
        : { name, message, code };
    await this.#hooks.send(['error', id, instead]).catch((failure: Error) => {
      if (!(failure instanceof ChannelClosedError)) this.#hooks.failed(error);
    });
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#changed;
      this.#changed = () => {
        before?.();
        resolve();
      };
    });
  }
}
