/** Messages between processes over pipes. */

export type { CallContext, CallHandler, CallHandlers, ServeOptions, Serving } from './calls/index.js';
export {
  BadCallError,
  type CallState,
  CallTimeoutError,
  type CarriedError,
  ChannelUseError,
  NotServedError,
  RemoteError,
  UnknownMethodError,
} from './calls/index.js';
export { type Channel, duplex, pipe } from './create.js';
export { DuplexEnd } from './duplex.js';
export type { WaitOptions } from './ends/index.js';
export { ChannelReader, ChannelWriter } from './ends/index.js';
export type { Codec, CodecName } from './framing/index.js';
export {
  BadFrameError,
  ChannelBusyError,
  ChannelClosedError,
  ChannelEndedError,
  ChannelError,
  ChannelNotInheritedError,
  ChannelTimeoutError,
  CodecError,
  type LossReason,
  MessageLostError,
  MessageTooLargeError,
  PeerGoneError,
  TruncatedMessageError,
} from './framing/index.js';
export { type ChannelEnd, inherited } from './inherited.js';
export type { ChannelOptions, EndSettings } from './options.js';
export {
  type PendingLimit,
  type SharedChannel,
  type SharedOptions,
  SharedReader,
  SharedWriter,
  sharedPipe,
} from './shared/index.js';
