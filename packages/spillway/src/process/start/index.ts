/** From the description of a child to a running process. */
export { mayStartByPosix, problemOfPipes, requireLibrary } from './backend.js';
export { lend } from './borrow.js';
export type { ChildSpec, Launch, PassedEnd, Stdio } from './child-spec.js';
export { type ChildEnvironment, childEnvironment } from './environment.js';
export type { Constraints } from './gate/index.js';
export { isBelowMake } from './jobserver.js';
export { startPolled, startProcess } from './launch.js';
export { requireDescriptors } from './node-refusal.js';
export { findProgram, lookUpProgram } from './program.js';
export { atCaller, explainStart, StartError } from './start-error.js';
