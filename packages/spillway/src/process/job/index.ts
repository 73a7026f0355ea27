/** Job control: which process group has the terminal. */
export { Foreground, type ForegroundGroup, terminalRefusal } from './foreground.js';
export type { EndOfJob, JobControl } from './job-control.js';
export { type Turn, turns } from './turns.js';
