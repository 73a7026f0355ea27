/** Messages as bytes, and bytes as messages. */
export { type Codec, type CodecName, codecFrom, type MessageCodec, Undecodable } from './codec.js';
export { encodeBody } from './encoding.js';
export {
  BadFrameError,
  ChannelBusyError,
  ChannelClosedError,
  ChannelEndedError,
  ChannelError,
  ChannelNotInheritedError,
  ChannelTimeoutError,
  CodecError,
  isPrintable,
  MessageTooLargeError,
  PeerGoneError,
  TruncatedMessageError,
} from './errors.js';
export { FrameBatch } from './frame-batch.js';
export { FrameParser, HEADER_BYTES, LARGEST_LENGTH } from './frame-parser.js';
export { type LossReason, MessageLostError } from './lost-message.js';
export type { LossReceiver, StreamParser } from './stream-parser.js';
