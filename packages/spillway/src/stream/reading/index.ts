/** The ways to read the bytes of a stream. */
export { ByteStream } from './byte-stream.js';
export type { Feed, Receiver } from './feed.js';
export type { LineOptions, TextEncoding } from './lines.js';
export { Output } from './output.js';
export { SpillFile } from './spill-file.js';
