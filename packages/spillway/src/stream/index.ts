/** The sources and destinations of a child's streams. */
export { Flow } from './flow.js';
export { ChildTerminal, type OpenReader, openReader, PolledReader } from './reader/index.js';
export { type ByteStream, type LineOptions, Output, type TextEncoding } from './reading/index.js';
export {
  AutoStream,
  Capture,
  DescriptorSink,
  FileSink,
  FunctionSink,
  type LiveSink,
  LiveStream,
  type ReaderHooks,
  type Sink,
  SpillError,
  SyncCapture,
  SyncFunctionSink,
  Tail,
  WritableSink,
} from './sink/index.js';
export {
  feedPolled,
  feedStdin,
  openStdin,
  type StdinEnd,
  type StdinPipe,
  type StdinSource,
  Typist,
} from './stdin/index.js';
