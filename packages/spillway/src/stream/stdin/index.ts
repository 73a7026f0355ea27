/** Feeds a child's stdin. */
export { reportBreak } from './broken-off.js';
export { feedPolled } from './polled-stdin.js';
export { feedStdin, openStdin, type StdinEnd, type StdinPipe, type StdinSource } from './stdin.js';
export { Typist } from './typist.js';
