/** The destinations of a stream. */
export { AutoStream } from './auto-stream.js';
export { Capture, SpillError } from './capture.js';
export { LiveStream, type ReaderHooks } from './live-stream.js';
export type { LiveSink, Pending, Sink } from './sink.js';
export { FileSink, FunctionSink, WritableSink } from './sinks.js';
export { DescriptorSink, SyncCapture, SyncFunctionSink } from './sync-sinks.js';
export { Tail } from './tail.js';
