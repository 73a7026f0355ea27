/** One child's life: found, launched, signalled, terminated, settled, reaped. */
export { mayStartByPosix, problemOfPipes, startProcess } from './backend.js';
export { Deadline } from './deadline.js';
export type { Leftover } from './descendants.js';
export { type ChildEnvironment, childEnvironment } from './environment.js';
export type { Constraints } from './gate.js';
export { type Guarded, guard } from './guard.js';
export type { Launch, Stdio } from './launch.js';
export { MARK_VARIABLE, type Mark, newMark } from './mark.js';
export { type Leftovers, type LifeHooks, OwnedProcess, type Termination } from './owned-process.js';
export { polledReaper, startPolled, watchExit } from './polled-exit.js';
export { findProgram } from './program.js';
export { type Ending, reaper } from './reaper.js';
export { shellWord } from './shell-word.js';
export { explainStart, StartError } from './start-error.js';
export type { OutputEnd, StartedProcess } from './started.js';
