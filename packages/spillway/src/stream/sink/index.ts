/** Where the bytes of a stream go. */
export { Capture, SpillError } from './capture.js';
export { type LiveHooks, LiveStream } from './live-stream.js';
export { FileSink, FunctionSink, WritableSink } from './sinks.js';
export { DescriptorSink, SyncCapture, SyncFunctionSink } from './sync-sinks.js';
export { Tail } from './tail.js';
