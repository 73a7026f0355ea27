/** The two ends of a channel. */
export { PipeSink } from './pipe-sink.js';
export { ChannelReader } from './reader.js';
export { type Bounds, bound, boundsFrom, type Waiter, type WaitOptions } from './waiting.js';
export { ChannelWriter } from './writer.js';
export { WritingEnd } from './writing-end.js';
