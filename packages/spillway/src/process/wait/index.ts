/** How the exit of a child is learnt of, and which processes came of it. */
export { Census, settledEnvironmentOf } from './census.js';
export { NodeOwner } from './node-owner.js';
export { polledReaper, watchExit } from './polled-exit.js';
export { type Ending, reaper } from './reaper.js';
export type { ChildOwner, OutputEnd, StartedProcess } from './started.js';
