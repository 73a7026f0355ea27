/** Readers for the sources of a stream. */
export { ChildTerminal } from './child-terminal.js';
export { openReader } from './pipe-reader.js';
export { PolledReader } from './polled-reader.js';
export { ReadableReader } from './readable-reader.js';
export type { ByteReader, OpenReader } from './reader.js';
