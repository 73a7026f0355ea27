/** Detects the exit of a child, and finds the processes that descend from it. */
export { Census, type Counted, type Stranger } from './census.js';
export { isYoung, KERNEL_THREADS, LOADED_EXECVE_MS, mayBeInExecve, showsVariables } from './in-execve.js';
export { NodeOwner } from './node-owner.js';
export type { ChildOwner, Ending, OutputEnd, PassedPipe, StartedProcess, StartGate } from './owner.js';
export { type Moment, momentBefore } from './pid-turns.js';
export { polledReaper, watchExit } from './polled-exit.js';
export type { Reaper } from './reaper.js';
export { reaper } from './sigchld.js';
