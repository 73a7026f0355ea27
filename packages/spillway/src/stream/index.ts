/** Where bytes go and come from. */

export { Flow, type Pending, type Sink } from './flow.js';
export { type OpenReader, openPipe, PolledReader, Terminal } from './reader/index.js';
export type { ByteStream, LineOptions, TextEncoding } from './reading/index.js';
export { Output } from './reading/index.js';
export {
  Capture,
  DescriptorSink,
  FileSink,
  FunctionSink,
  type LiveHooks,
  LiveStream,
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
