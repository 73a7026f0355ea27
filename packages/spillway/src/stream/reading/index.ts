/** The ways to read the bytes of a stream. */
export { ByteStream } from './byte-stream.js';
export type { Feed, Receiver, StreamIterator } from './feed.js';
export type { LabelledLine } from './labelled-lines.js';
export type { UntilOptions, WantedLine } from './line-search.js';
export type { LineEnds, LineOptions, TextEncoding } from './lines.js';
export { Output } from './output.js';
export { Replay, type Stored } from './replay.js';
export { closeWhenForgotten, SpillFile } from './spill-file.js';
