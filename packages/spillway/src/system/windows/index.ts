/** The rules of Windows for programs and their ends. */
export { type CmdCall, type CmdRefusal, callOfBatchFile, quoted } from './batch-file.js';
export { findOnWindows, type SearchPlaces } from './program.js';
export { endTree } from './tree.js';
