/** The sources and destinations of a child's streams. */
export { Flow } from './flow.js';
export { ChildTerminal, type OpenReader, openReader, PolledReader } from './reader/index.js';
export {
  ByteStream,
  type LabelledLine,
  type LineEnds,
  type LineOptions,
  Output,
  type StreamIterator,
  type TextEncoding,
  type UntilOptions,
  type WantedLine,
} from './reading/index.js';
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
  reportBreak,
  type StdinEnd,
  type StdinPipe,
  type StdinSource,
  Typist,
} from './stdin/index.js';
