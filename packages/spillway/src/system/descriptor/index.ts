/** Calls on descriptors: pipes, reads and writes, flags, poll(2). */
export {
  accessOf,
  duplicate,
  isNonBlocking,
  makeBlocking,
  makeNonBlocking,
  pipeCapacity,
  setCloseOnExec,
  setPipeCapacity,
} from './fcntl.js';
export { FileLock, tryLock } from './flock.js';
export { type HeldDirectory, holdDirectory } from './held-directory.js';
export { close, closeSync, fstatSync, openSync, read, readSync, write, writeSync, writeWhole } from './io.js';
export { ioctl } from './ioctl.js';
export { createMemoryFile, createProgramInMemory } from './memory-file.js';
export { closeCall, closeDescriptor, openCall } from './open-close.js';
export { bytesAvailable, createPipe, openedByNode, type PipeEnds } from './pipe.js';
export { canWriteAtOnce, poll } from './poll.js';
export { PollLoop, type Watch } from './poll-loop.js';
export { readAt, seekBy, seekTo, writeAt } from './positioned.js';
export {
  EPOLL_CTL_ADD,
  EPOLL_DATA_AT,
  EPOLL_EVENT_BYTES,
  epollControl,
  epollCreate,
  epollWait,
} from './readiness.js';
export { openWriteEndAnew } from './reopen.js';
export {
  openReadSocket,
  openTerminalSocket,
  openWriteSocket,
  unsentBytes,
  type WriteSocket,
  writeWithOwnTicks,
} from './socket.js';
export { createSocketPair } from './socket-pair.js';
export { STATX_AT, statxCall } from './stat.js';
export { readBoth, readCall, readSome, writeBoth, writeSome } from './transfer.js';
export type { ReadSocket } from './watched.js';
export { extendedAttribute } from './xattr.js';
