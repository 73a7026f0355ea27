/** The destinations of a stream. */
export { AutoStream } from './auto-stream.js';
export { Capture, SpillError } from './capture.js';
export { DescriptorSink, NamedPipeSink, nodeReadiness } from './descriptor-sink.js';
export { FileSink } from './file-sink.js';
export { FunctionSink } from './function-sink.js';
export { LinePrinter } from './line-printer.js';
export { LiveStream, type ReaderHooks } from './live-stream.js';
export type { LiveSink, Pending, Sink, Taker } from './sink.js';
export { above, StatusLine } from './status-line.js';
export { SyncCapture, SyncFunctionSink } from './sync-sinks.js';
export { Tail } from './tail.js';
export { WebSink } from './web-sink.js';
export { WritableSink } from './writable-sink.js';
