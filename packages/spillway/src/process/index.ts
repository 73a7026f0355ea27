/** One child's life: found, launched, signalled, terminated, settled, reaped. */

export type { Leftover } from './end/index.js';
export { type Leftovers, type LifeHooks, OwnedProcess, type Termination } from './end/index.js';
export { type Guarded, guard } from './guard/index.js';
export { MARK_VARIABLE, type Mark, newMark } from './mark.js';
export type { Constraints, Launch, Stdio } from './start/index.js';
export {
  type ChildEnvironment,
  childEnvironment,
  explainStart,
  findProgram,
  mayStartByPosix,
  problemOfPipes,
  StartError,
  startPolled,
  startProcess,
} from './start/index.js';
export type { OutputEnd, StartedProcess } from './wait/index.js';
export { type Ending, polledReaper, reaper, watchExit } from './wait/index.js';
