/** What can go wrong with a channel, one class each. */
import { formatDuration } from '../../base/index.js';

/** What all errors of channels are. `code` names each for programs. */
export abstract class ChannelError extends Error {
  abstract readonly code: string;
}

/** The other side has ended the channel, between two messages: nothing was lost, and nothing more will come. */
export class ChannelEndedError extends ChannelError {
  override readonly name = 'ChannelEndedError';
  readonly code = 'ERR_CHANNEL_ENDED';

  constructor() {
    super('the other side has ended the channel: every message that it sent has been received');
  }
}

/** The channel ended in the middle of a message, as when its writer is killed. All before it was received; the channel is over. */
export class TruncatedMessageError extends ChannelError {
  override readonly name = 'TruncatedMessageError';
  readonly code = 'ERR_CHANNEL_TRUNCATED';

  /** `expectedBytes` is undefined when the end came within the header, which would have told. Both count the body alone. */
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

/** Nobody reads the channel any more (EPIPE). What was sent and not received is lost; the channel is over. */
export class PeerGoneError extends ChannelError {
  override readonly name = 'PeerGoneError';
  readonly code = 'ERR_CHANNEL_PEER_GONE';

  constructor() {
    super('nobody reads the channel any more: the other side has closed it, or ended');
  }
}

/**
 * A message larger than the limit. Of one to be sent nothing was written, and the channel goes on. One that comes in ends the channel
 * before any memory is taken for it, since all behind it would have to be read to get past it.
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

/** What came is no frame: most likely text, so something prints into the channel. The channel is over. */
export class BadFrameError extends ChannelError {
  override readonly name = 'BadFrameError';
  readonly code = 'ERR_CHANNEL_BAD_FRAME';

  /** `start`: the first bytes of what came in the place of a frame. */
  constructor(readonly start: Buffer) {
    const isText = start.every(isPrintable);
    const what = isText
      ? `text, ${JSON.stringify(start.toString('latin1'))}…`
      : `the bytes ${start.toString('hex')}…`;
    super(
      `what came is not a message but ${what}: something prints into the channel, or the other side does not speak its frames`,
    );
  }
}

/** Whether a byte is of the kind that programs print: a character of ASCII, a tab, an end of line. */
export function isPrintable(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The codec failed on one message. The channel goes on with the next. `cause` is what the codec threw. */
export class CodecError extends ChannelError {
  override readonly name = 'CodecError';
  readonly code = 'ERR_CHANNEL_CODEC';

  /** `body`: the bytes of a message that could not be decoded; undefined for one that could not be encoded, and was not sent. */
  constructor(
    codec: string,
    cause: unknown,
    readonly body?: Buffer,
  ) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(
      body
        ? `a message of ${body.length} bytes could not be decoded (codec: ${codec}), and is passed over: ${why}`
        : `the message could not be encoded (codec: ${codec}), and was not sent: ${why}`,
      { cause },
    );
  }
}

/**
 * The time of a `send` or `receive` is up. The channel goes on.
 *
 * `message` tells what became of it: `'none'` had come (receive); `'withdrawn'`: none of it was written, and none will be;
 * `'under way'`: some of it was written or had come, and the rest follows, so that the next receive gets it whole.
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

/** The end was used after it had been closed, ended or passed on. Nothing was done. */
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

/** An end that cannot be had: nobody has passed one on under this name, or it is not what is under its number now. */
export class ChannelNotInheritedError extends ChannelError {
  override readonly name = 'ChannelNotInheritedError';
  readonly code = 'ERR_CHANNEL_NOT_INHERITED';
}

/** An end that cannot be passed on now, since something of it is under way here and would be lost. */
export class ChannelBusyError extends ChannelError {
  override readonly name = 'ChannelBusyError';
  readonly code = 'ERR_CHANNEL_BUSY';

  constructor(what: string) {
    super(`this end of the channel cannot be passed on now: ${what}`);
  }
}
