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
  NamedPipeSink,
  nodeReadiness,
  type ReaderHooks,
  type Sink,
  SpillError,
  SyncCapture,
  SyncFunctionSink,
  Tail,
  WebSink,
  WritableSink,
} from './sink/index.js';
export {
  type FedSource,
  feedPolled,
  feedStdin,
  type HeldSource,
  holdSource,
  type InputData,
  NamedPipeSource,
  openStdin,
  reportBreak,
  type StdinEnd,
  type StdinPipe,
  type StdinSource,
  sourceOf,
  Typist,
} from './stdin/index.js';
