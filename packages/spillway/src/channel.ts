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
export {
  BadFrameError,
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
  PeerGoneError,
  type PendingLimit,
  pipe,
  type SharedChannel,
  type SharedOptions,
  SharedReader,
  SharedWriter,
  sharedPipe,
  TruncatedMessageError,
  type WaitOptions,
} from './channel/index.js';
export { PipeUnavailableError } from './pipe/index.js';
export { type Duration, OptionError, SystemError } from './system/index.js';
