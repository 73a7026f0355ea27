/** Detects the exit of a child, and finds the processes that descend from it. */
export { Census, type Counted, EXECVE_MS, isYoung, type Stranger, showsVariables } from './census.js';
export { NodeOwner } from './node-owner.js';
export type { ChildOwner, Ending, OutputEnd, PassedPipe, StartedProcess } from './owner.js';
export { momentBefore } from './pid-turns.js';
export { polledReaper, watchExit } from './polled-exit.js';
export { reaper } from './sigchld.js';
