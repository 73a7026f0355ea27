/** A pipe as a value: create, read, write, capacity, fill, ownership, with the kernel's exact outcomes. */
export { createPipe, type Pipe, type PipeOptions, PipeUnavailableError, requirePipes } from './create.js';
export { type EndState, PipeEndError } from './end-error.js';
export { LARGE_PIPE_BYTES, PipeGrowth } from './growth.js';
export {
  CHANNEL_NAME,
  CHANNELS_VARIABLE,
  channelsLine,
  type InheritedEntry,
  inheritedEntries,
  type NamedPassage,
  parseChannels,
} from './inheritance.js';
export { isPassable, type Passable, type Passage, type PassedDescriptor, passOn } from './passing.js';
export { type EndOptions, PipeEnd } from './pipe-end.js';
export { MAX_READ, ReadEnd, type ReadOutcome } from './read-end.js';
export { AtomicWriteError, PIPE_BUF, WriteEnd, type WriteOutcome } from './write-end.js';
