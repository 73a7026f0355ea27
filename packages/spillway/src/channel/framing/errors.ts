/** The errors of channels, one class each. */
import { formatDuration, safeLines } from '../../base/index.js';

/** The base of all errors of channels. `code` identifies the kind. */
export abstract class ChannelError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(safeLines(message), options);
  }
}

/**
 * The other side has ended the channel, after a whole message: nothing was lost, and nothing more will come.
 */
export class ChannelEndedError extends ChannelError {
  override readonly name = 'ChannelEndedError';
  readonly code = 'ERR_CHANNEL_ENDED';

  constructor() {
    super('the other side has ended the channel: every message that it sent has been received');
  }
}

/**
 * The channel ended in the middle of a message, for example because its writer was killed. All messages
 * before it were received; the channel is over.
 */
export class TruncatedMessageError extends ChannelError {
  override readonly name = 'TruncatedMessageError';
  readonly code = 'ERR_CHANNEL_TRUNCATED';

  /**
   * `expectedBytes` is undefined when the end came within the header, which has the length. Both count the
   * body alone.
   */
  constructor(
    readonly receivedBytes: number,
    readonly expectedBytes: number | undefined,
  ) {
    const what =
      expectedBytes === undefined
        ? 'within the header of a message'
        : `after ${receivedBytes} of the ${expectedBytes} bytes of a message`;
    super(`the channel ended ${what}: its writer died, or closed it before all was written`);
  }
}

/**
 * The channel has no reader left (EPIPE). Messages that were sent and not received are lost; the channel is
 * over.
 */
export class PeerGoneError extends ChannelError {
  override readonly name = 'PeerGoneError';
  readonly code = 'ERR_CHANNEL_PEER_GONE';

  constructor() {
    super('the channel has no reader any more: the other side has closed it, or ended');
  }
}

/**
 * A message larger than the limit. An outgoing one is not written at all, and the channel goes on. An
 * incoming one ends the channel before any memory is allocated for it: to get past it, all of it would have
 * to be read.
 */
export class MessageTooLargeError extends ChannelError {
  override readonly name = 'MessageTooLargeError';
  readonly code = 'ERR_CHANNEL_TOO_LARGE';

  constructor(
    readonly bytes: number,
    readonly limitBytes: number,
    direction: 'send' | 'receive',
  ) {
    const what =
      direction === 'send'
        ? `the message has ${bytes} bytes, and was not sent`
        : `the other side announces a message of ${bytes} bytes, and the channel is closed`;
    super(`${what}: the limit is ${limitBytes}; the option limit changes it, on both sides`);
  }
}

/**
 * The bytes that came are not a frame. Most likely they are text that a program prints into the channel. The
 * channel is over.
 */
export class BadFrameError extends ChannelError {
  override readonly name = 'BadFrameError';
  readonly code = 'ERR_CHANNEL_BAD_FRAME';

  /** `start`: the first bytes that came in the place of a frame. */
  constructor(readonly start: Buffer) {
    const isText = start.every(isPrintable);
    const what = isText
      ? `text, ${JSON.stringify(start.toString('latin1'))}…`
      : `the bytes ${start.toString('hex')}…`;
    super(
      `what came is not a message but ${what}: a program prints into the channel, ` +
        'or the other side does not write frames',
    );
  }
}

/** Whether a byte is one that programs print: a character of ASCII, a tab, an end of line. */
export function isPrintable(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The codec failed on one message. The channel goes on with the next. `cause` is what the codec threw. */
export class CodecError extends ChannelError {
  override readonly name = 'CodecError';
  readonly code = 'ERR_CHANNEL_CODEC';

  /**
   * `body`: the bytes of a message that could not be decoded; undefined for a message that could not be
   * encoded, and was not sent.
   */
  constructor(
    codec: string,
    cause: unknown,
    readonly body?: Buffer,
  ) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(
      body
        ? `a message of ${body.length} bytes could not be decoded (codec: ${codec}), ` +
            `and is passed over: ${why}`
        : `the message could not be encoded (codec: ${codec}), and was not sent: ${why}`,
      { cause },
    );
  }
}

/**
 * A `send` or `receive` has timed out. The channel goes on.
 *
 * `delivery` says what became of the message. `'none'`: none had come (receive). `'withdrawn'`: none of it
 * was written, and none will be. `'under way'`: a part was written or had come, and the rest follows; the
 * next receive gets it whole.
 */
export class ChannelTimeoutError extends ChannelError {
  override readonly name = 'ChannelTimeoutError';
  readonly code = 'ERR_CHANNEL_TIMEOUT';

  constructor(
    readonly operation: 'send' | 'receive',
    readonly timeoutMs: number,
    readonly delivery: 'none' | 'withdrawn' | 'under way',
  ) {
    super(`${operation} timed out after ${formatDuration(timeoutMs)}: ${STORY[operation][delivery]}`);
  }
}

const STORY = {
  send: {
    none: 'nothing was sent',
    withdrawn: 'the other side does not read; nothing of the message was written, and it is withdrawn',
    'under way':
      'the other side is slow; a part of the message is written, and the rest follows when it reads on',
  },
  receive: {
    none: 'no message came',
    withdrawn: 'no message came',
    'under way': 'a message has begun to come; the next receive gets it whole',
  },
} as const;

/** The end was used after it had been closed, ended or passed on. The call did nothing. */
export class ChannelClosedError extends ChannelError {
  override readonly name = 'ChannelClosedError';
  readonly code = 'ERR_CHANNEL_CLOSED';

  constructor(readonly state: 'closed' | 'ended' | 'passed on') {
    super(
      state === 'passed on'
        ? 'this end of the channel was passed on: the child has it, and it is closed here; use the other end'
        : `this end of the channel was ${state} here: nothing can be done with it any more`,
    );
  }
}

/**
 * There is no such end: none was passed on under this name, or another file has its descriptor's number now.
 */
export class ChannelNotInheritedError extends ChannelError {
  override readonly name = 'ChannelNotInheritedError';
  readonly code = 'ERR_CHANNEL_NOT_INHERITED';
}

/** The end cannot be passed on now: messages are under way here and would be lost. */
export class ChannelBusyError extends ChannelError {
  override readonly name = 'ChannelBusyError';
  readonly code = 'ERR_CHANNEL_BUSY';

  constructor(what: string) {
    super(`this end of the channel cannot be passed on now: ${what}`);
  }
}
