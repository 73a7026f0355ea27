/** Calls on descriptors: pipes, reads and writes, poll(2). */
export { accessOf, setCloseOnExec } from './descriptor-flags.js';
export { createMemoryFile } from './memory-file.js';
export {
  bytesAvailable,
  closeDescriptor,
  createPipe,
  duplicate,
  makeBlocking,
  makeNonBlocking,
  openedByNode,
  type PipeEnds,
  pipeCapacity,
  setPipeCapacity,
} from './pipe.js';
export { canWriteAtOnce, poll } from './poll.js';
export { PollLoop, type Watch } from './poll-loop.js';
export { readAt, writeAt } from './positioned.js';
export { openWriteEndAnew } from './reopen.js';
export { readBoth, readSome, writeBoth, writeSome } from './transfer.js';
export { extendedAttribute } from './xattr.js';
