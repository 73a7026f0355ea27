/** Feeds a child's stdin. */
export { reportBreak } from './broken-off.js';
export { type HeldSource, holdSource } from './pieces.js';
export { feedPolled } from './polled-stdin.js';
export { type InputData, NamedPipeSource, type StdinSource, sourceOf } from './source.js';
export { type FedSource, feedStdin, openStdin, type StdinEnd, type StdinPipe } from './stdin.js';
export { Typist } from './typist.js';
