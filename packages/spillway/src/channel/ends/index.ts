/** The two ends of a channel. */
export { PipeSink } from './pipe-sink.js';
export { ChannelReader } from './reader.js';
export {
  type Cancellation,
  cancellationFrom,
  onCancellation,
  type Waiter,
  type WaitOptions,
} from './waiting.js';
export { ChannelWriter } from './writer.js';
export { WritingEnd } from './writing-end.js';
