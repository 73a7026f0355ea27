/**
 * Calls to the other side, from the call to its reply.
 *
 * The other side announces how many calls it takes at a time, and no more are sent: the rest wait here. So
 * the other side need never stop reading. If it did, and both sides served handlers that call back, each
 * could wait for ever for a reply that the other does not read.
 */

import type { Waiter } from '../../base/index.js';
import { type Cancellation, onCancellation } from '../ends/index.js';
import { PeerGoneError } from '../framing/index.js';
import { carriedInto, type Envelope, type Refusal } from './call-envelope.js';
import {
  type CallState,
  CallTimeoutError,
  type CarriedError,
  NotServedError,
  RemoteError,
  UnknownMethodError,
} from './call-errors.js';

/**
 * The most calls that are sent without a reply, whatever the other side announces: their memory here must be
 * limited as well.
 */
const MOST_SENT = 1024;

interface Call {
  readonly method: string;
  readonly payload: unknown;
  /** Undefined for a call that was given up: its reply is dropped. */
  waiter: Waiter<unknown> | undefined;
  /** Its number, once it was sent. */
  id: number | undefined;
  /** Stops its timer, and the listening to its signal. */
  stop: () => void;
}

export interface CallerHooks {
  send(envelope: Envelope): Promise<void>;
  /** What a call is rejected with that this error of the channel leaves unanswered. */
  unanswered(method: string, error: Error): Promise<Error>;
  /** Whether any call waits for its reply. */
  waits(isWaiting: boolean): void;
}

export class Caller {
  readonly #hooks: CallerHooks;
  /** Not sent yet, in order. */
  readonly #line = new Set<Call>();
  /** Sent and not answered, including those that were given up: the other side is busy with them. */
  readonly #sent = new Map<number, Call>();
  #lastId = 0;
  #waiting = 0;
  /** How many calls the other side takes at a time; undefined while it has not begun to serve. */
  #taken: number | undefined;

  constructor(hooks: CallerHooks) {
    this.#hooks = hooks;
  }

  call(method: string, payload: unknown, cancellation: Cancellation | undefined): Promise<unknown> {
    if (this.#taken === 0) return Promise.reject(new NotServedError(method));
    return new Promise((resolve, reject) => {
      const call: Call = { method, payload, waiter: { resolve, reject }, id: undefined, stop: () => {} };
      if (cancellation) {
        const timedOut = () => new CallTimeoutError(method, cancellation.timeoutMs, this.#stateOf(call));
        call.stop = onCancellation(cancellation, timedOut, (error) => this.#giveUp(call, error));
      }
      this.#count(1);
      this.#line.add(call);
      this.#sendNext();
    });
  }

  /** The other side takes `count` calls at a time from now on. */
  served(count: number): void {
    this.#taken = count;
    if (count > 0) {
      this.#sendNext();
      return;
    }
    for (const call of this.#line)
      this.#settle(call, (waiter) => waiter.reject(new NotServedError(call.method)));
    this.#line.clear();
  }

  /** A reply has come. Returns whether there was a call with this number. */
  replied(id: number, settle: (waiter: Waiter<unknown>, method: string) => void): boolean {
    const call = this.#sent.get(id);
    if (!call) return false;
    this.#sent.delete(id);
    this.#settle(call, (waiter) => settle(waiter, call.method));
    this.#sendNext();
    return true;
  }

  /** No reply will come any more. */
  fail(error: Error): void {
    const calls = [...this.#sent.values(), ...this.#line];
    this.#sent.clear();
    this.#line.clear();
    for (const call of calls) this.#leave(call, error);
  }

  async #leave(call: Call, error: Error): Promise<void> {
    const own = await this.#hooks.unanswered(call.method, error);
    this.#settle(call, (waiter) => waiter.reject(own));
  }

  #stateOf(call: Call): CallState {
    if (call.id !== undefined) return 'called';
    return this.#taken === undefined ? 'not served' : 'waiting';
  }

  #sendNext(): void {
    const most = Math.min(this.#taken ?? 0, MOST_SENT);
    for (const call of this.#line) {
      if (this.#sent.size >= most) return;
      this.#line.delete(call);
      this.#send(call);
    }
  }

  #send(call: Call): void {
    const id = ++this.#lastId;
    call.id = id;
    this.#sent.set(id, call);
    const { method, payload } = call;
    const envelope: Envelope = payload === undefined ? ['call', id, method] : ['call', id, method, payload];
    this.#hooks.send(envelope).catch((error: unknown) => {
      // None of it was sent: the other side knows of no such call.
      this.#sent.delete(id);
      if (error instanceof PeerGoneError) this.#leave(call, error);
      else this.#settle(call, (waiter) => waiter.reject(error));
      this.#sendNext();
    });
  }

  #giveUp(call: Call, error: unknown): void {
    this.#line.delete(call);
    // If this fails, the other side is gone.
    if (call.id !== undefined) this.#hooks.send(['cancel', call.id]).catch(() => {});
    this.#settle(call, (waiter) => waiter.reject(error));
  }

  #settle(call: Call, settle: (waiter: Waiter<unknown>) => void): void {
    const { waiter } = call;
    if (!waiter) return;
    call.waiter = undefined;
    call.stop();
    this.#count(-1);
    settle(waiter);
  }

  #count(by: 1 | -1): void {
    this.#waiting += by;
    if (this.#waiting === (by === 1 ? 1 : 0)) this.#hooks.waits(by === 1);
  }
}

/** How a reply settles the call that waits for it. */
export const replies = {
  result: (value: unknown) => (waiter: Waiter<unknown>) => waiter.resolve(value),
  error: (error: CarriedError) => (waiter: Waiter<unknown>, method: string) =>
    waiter.reject(new RemoteError(method, carriedInto(error))),
  refused: (why: Refusal) => (waiter: Waiter<unknown>, method: string) =>
    waiter.reject(why === 'unknown method' ? new UnknownMethodError(method) : new NotServedError(method)),
};
