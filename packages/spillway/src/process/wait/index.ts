/** How the exit of a child is learnt of, and which processes descend from it. */
export { Census, settledEnvironmentOf } from './census.js';
export { NodeOwner } from './node-owner.js';
export type { ChildOwner, Ending, OutputEnd, StartedProcess } from './owner.js';
export { polledReaper, watchExit } from './polled-exit.js';
export { reaper } from './sigchld.js';
