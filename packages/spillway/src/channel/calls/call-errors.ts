/** The errors of calls, one class each. A channel that is over has its own errors. */
import { formatDuration, safe, safeLines } from '../../base/index.js';
import { ChannelError } from '../framing/index.js';

/** An error on its way to the other side. */
export interface CarriedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number | undefined;
  readonly stack?: string | undefined;
}

/**
 * The handler on the other side threw. `name` is the class name of the thrown error, `code` its code,
 * `remoteMessage` its message alone, which `message` quotes, and `remoteStack` its stack in the other
 * program.
 */
export class RemoteError extends Error {
  readonly code: string | number | undefined;
  readonly remoteMessage: string;
  readonly remoteStack: string | undefined;

  constructor(
    readonly method: string,
    { name, message, code, stack }: CarriedError,
  ) {
    super(safeLines(`'${method}' failed on the other side: ${message}`));
    this.remoteMessage = message;
    this.code = code;
    this.remoteStack = stack;
    // The stack was made with the name of this class.
    Object.defineProperty(this, 'name', { value: safe(name), configurable: true, writable: true });
    this.stack = String(this.stack).replace(/^Error/, () => this.name);
  }
}

/** The other side serves, but has no method of this name. */
export class UnknownMethodError extends ChannelError {
  override readonly name = 'UnknownMethodError';
  readonly code = 'ERR_CHANNEL_UNKNOWN_METHOD';

  constructor(readonly method: string) {
    super(`the other side has no method '${method}'`);
  }
}

/** The other side has stopped serving; the channel is still open. */
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
  called: 'the other side was asked, and is notified that the call is dropped',
};

/**
 * A call has timed out. `state` says how far it had come. `'not served'`: the other side has not begun to
 * serve. `'waiting'`: it was busy with other calls. `'called'`: it had the call, and its handler's signal is
 * aborted.
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

/**
 * The message that came is neither a call nor a reply, or a reply to no call: the other side does not speak
 * calls. The channel is closed.
 */
export class BadCallError extends ChannelError {
  override readonly name = 'BadCallError';
  readonly code = 'ERR_CHANNEL_BAD_CALL';

  constructor(what: string) {
    super(
      `what came is not a call or a reply, but ${what}: ` +
        'both sides of a channel must use call and serve, or both send and receive',
    );
  }
}

/** An end carries messages or calls, not both. Nothing was done. */
export class ChannelUseError extends ChannelError {
  override readonly name = 'ChannelUseError';
  readonly code = 'ERR_CHANNEL_USE';
}
