/** The two ends of a channel. */
export { Gathering, HIGH_WATER } from './gathering.js';
export { PipeLink, passedBy } from './link.js';
export { PipeSink } from './pipe-sink.js';
export { ChannelReader } from './reader.js';
export {
  type Cancellation,
  cancellationFrom,
  onCancellation,
  type WaitOptions,
} from './waiting.js';
export { ChannelWriter } from './writer.js';
export { WritingEnd } from './writing-end.js';
