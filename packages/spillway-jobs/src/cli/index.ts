/** `spillway job` and `spillway worker`; the command line of spillway loads it. */
export { commandLine } from './command-line.js';
export type { Tools } from './tools.js';
