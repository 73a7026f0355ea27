/** What can go wrong with calls, one class each. That the channel is over is told by its own errors. */
import { formatDuration } from '../../base/index.js';
import { ChannelError } from '../framing/index.js';

/** What an error looks like on its way to the other side. */
export interface CarriedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number | undefined;
  readonly stack?: string | undefined;
}

/**
 * The handler on the other side threw. `name` is the class name of what it threw, `code` its code; `remoteMessage` is its message alone, which
 * `message` quotes, and `remoteStack` says where, in the other program.
 */
export class RemoteError extends Error {
  readonly code: string | number | undefined;
  readonly remoteMessage: string;
  readonly remoteStack: string | undefined;

  constructor(
    readonly method: string,
    { name, message, code, stack }: CarriedError,
  ) {
    super(`'${method}' failed on the other side: ${message}`);
    this.remoteMessage = message;
    this.code = code;
    this.remoteStack = stack;
    // The stack was made with the name of this class.
    Object.defineProperty(this, 'name', { value: name, configurable: true, writable: true });
    this.stack = String(this.stack).replace(/^Error/, () => name);
  }
}

/** The other side serves, but no method of this name. */
export class UnknownMethodError extends ChannelError {
  override readonly name = 'UnknownMethodError';
  readonly code = 'ERR_CHANNEL_UNKNOWN_METHOD';

  constructor(readonly method: string) {
    super(`the other side has no method '${method}'`);
  }
}

/** The other side has stopped serving; the channel itself is still there. */
export class NotServedError extends ChannelError {
  override readonly name = 'NotServedError';
  readonly code = 'ERR_CHANNEL_NOT_SERVED';

  constructor(readonly method: string) {
    super(`'${method}' was not called: the other side serves no calls any more`);
  }
}

/** Why a call was not answered in time. */
export type CallState = 'not served' | 'waiting' | 'called';

const CALL_STORY: Readonly<Record<CallState, string>> = {
  'not served': 'the other side has not begun to serve; nothing was sent',
  waiting: 'the other side was busy with as many calls as it serves at a time; nothing was sent',
  called: 'the other side was asked, and is told that nobody waits any more',
};

/**
 * The time of a call is up. `state` tells how far it had come: `'not served'`: the other side has not begun to serve; `'waiting'`: it was busy
 * with others; `'called'`: it had been asked, and its handler's signal is aborted.
 */
export class CallTimeoutError extends ChannelError {
  override readonly name = 'CallTimeoutError';
  readonly code = 'ERR_CHANNEL_CALL_TIMEOUT';

  constructor(
    readonly method: string,
    readonly timeoutMs: number,
    readonly state: CallState,
  ) {
    super(`no reply to '${method}' within ${formatDuration(timeoutMs)}: ${CALL_STORY[state]}`);
  }
}

/** What came is neither a call nor a reply, or a reply to nothing: the other side does not speak calls. The channel is closed. */
export class BadCallError extends ChannelError {
  override readonly name = 'BadCallError';
  readonly code = 'ERR_CHANNEL_BAD_CALL';

  constructor(what: string) {
    super(
      `what came is not a call or a reply, but ${what}: both sides of a channel must use call and serve, or both send and receive`,
    );
  }
}

/** An end can be used for messages or for calls, not for both at a time. Nothing was done. */
export class ChannelUseError extends ChannelError {
  override readonly name = 'ChannelUseError';
  readonly code = 'ERR_CHANNEL_USE';
}
