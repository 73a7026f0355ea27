/** Where bytes go and come from. */
export type { ByteStream } from './byte-stream.js';
export { Capture, SpillError } from './capture.js';
export { Flow, type Pending, type Sink } from './flow.js';
export type { LineOptions, TextEncoding } from './lines.js';
export { type LiveHooks, LiveStream } from './live-stream.js';
export { Output } from './output.js';
export { type OpenReader, openPipe } from './pipe-reader.js';
export { PolledReader } from './polled-reader.js';
export { feedPolled } from './polled-stdin.js';
export { FileSink, FunctionSink, WritableSink } from './sinks.js';
export { feedStdin, openStdin, type StdinEnd, type StdinPipe, type StdinSource } from './stdin.js';
export { DescriptorSink, SyncCapture, SyncFunctionSink } from './sync-sinks.js';
export { Tail } from './tail.js';
export { Terminal } from './terminal.js';
export { Typist } from './typist.js';
