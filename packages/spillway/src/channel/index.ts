/** Messages between processes over pipes. */
export {
  BadCallError,
  type CallState,
  CallTimeoutError,
  type CarriedError,
  ChannelUseError,
  NotServedError,
  RemoteError,
  UnknownMethodError,
} from './call-errors.js';
export type { CallContext, CallHandler, CallHandlers } from './call-server.js';
export type { ServeOptions, Serving } from './calls.js';
export type { Codec, CodecName } from './codec.js';
export { type Channel, type ChannelOptions, duplex, type EndSettings, pipe } from './create.js';
export { DuplexEnd } from './duplex.js';
export {
  BadFrameError,
  ChannelBusyError,
  ChannelClosedError,
  ChannelEndedError,
  ChannelError,
  ChannelNotInheritedError,
  ChannelTimeoutError,
  CodecError,
  MessageTooLargeError,
  PeerGoneError,
  TruncatedMessageError,
} from './errors.js';
export { type ChannelEnd, inherited } from './inherited.js';
export { type LossReason, MessageLostError } from './lost-message.js';
export { ChannelReader } from './reader.js';
export { type PendingLimit, type SharedChannel, type SharedOptions, sharedPipe } from './shared-create.js';
export { SharedReader } from './shared-reader.js';
export { SharedWriter } from './shared-writer.js';
export type { WaitOptions } from './waiting.js';
export { ChannelWriter } from './writer.js';
