/** One rsync: its words, its run, and what it leaves behind. */
export {
  type AttemptBounds,
  type AttemptEnd,
  type AttemptHooks,
  type AttemptReason,
  runAttempt,
} from './attempt.js';
export { PARTIAL_FOLDER, type Pass, wordsOf } from './command-line.js';
export { type FarMark, guardedProgram } from './far-end.js';
export { keepStrayFiles } from './stray-files.js';
