/**
 * Messages between processes over pipes.
 *
 * @example
 * import { start } from 'spillway';
 * import { duplex } from 'spillway/channel';
 * const [ours, theirs] = duplex();
 * await using child = start('node', ['worker.js'], { channels: { rpc: theirs } });
 * await ours.send({ hello: 'child' });
 * await ours.receive({ timeout: '5s' });
 */

export { type Duration, OptionError } from './base/index.js';
export {
  BadCallError,
  BadFrameError,
  type CallContext,
  type CallHandler,
  type CallHandlers,
  type CallState,
  CallTimeoutError,
  type CarriedError,
  type Channel,
  ChannelBusyError,
  ChannelClosedError,
  type ChannelEnd,
  ChannelEndedError,
  ChannelError,
  ChannelNotInheritedError,
  type ChannelOptions,
  ChannelReader,
  ChannelTimeoutError,
  ChannelUseError,
  ChannelWriter,
  type Codec,
  CodecError,
  type CodecName,
  DuplexEnd,
  duplex,
  type EndSettings,
  inherited,
  type LossReason,
  MessageLostError,
  MessageTooLargeError,
  NotServedError,
  PeerGoneError,
  type PendingLimit,
  pipe,
  RemoteError,
  type ServeOptions,
  type Serving,
  type SharedChannel,
  type SharedOptions,
  SharedReader,
  SharedWriter,
  sharedPipe,
  TruncatedMessageError,
  UnknownMethodError,
  type WaitOptions,
} from './channel/index.js';
export { PipeUnavailableError } from './pipe/index.js';
export { SystemError } from './system/index.js';
