/**
 * Pipes, with the kernel's own outcomes.
 *
 * @example
 * import { createPipe } from 'spillway/pipe';
 * const { reader, writer } = createPipe({ capacity: 4096 });
 * writer.write(Buffer.from('some')); // { kind: 'bytes', count: 4 }
 * reader.available; // 4
 */

export { OptionError } from './base/index.js';
export {
  AtomicWriteError,
  createPipe,
  type EndOptions,
  type EndState,
  PIPE_BUF,
  type Pipe,
  type PipeEnd,
  PipeEndError,
  type PipeOptions,
  PipeUnavailableError,
  ReadEnd,
  type ReadOutcome,
  WriteEnd,
  type WriteOutcome,
} from './pipe/index.js';
export { FileLock, SystemError } from './system/index.js';
