/** Where the bytes of a stream come from. */

export { Terminal } from './child-terminal.js';
export { type ByteReader, type OpenReader, openPipe } from './pipe-reader.js';
export { PolledReader } from './polled-reader.js';
export { ReadableReader } from './readable-reader.js';
