/** One child's life: find the program, start, guard, signal, terminate, settle, reap. */
export {
  type ChildPipe,
  endRemains,
  type Leftover,
  type LifeHooks,
  type Owned,
  OwnedProcess,
  tellOfEnd,
} from './end/index.js';
export { type Guarded, guard, Lease } from './guard/index.js';
export {
  comesFromKeyboard,
  type EndOfJob,
  Foreground,
  type ForegroundGroup,
  type Interruptible,
  interrupts,
  type JobControl,
  type StopAnswer,
  terminalRefusal,
  turns,
} from './job/index.js';
export { MARK_VARIABLE, type Mark, newMark } from './mark.js';
export type { AskedCommand, Leftovers, Termination } from './policy.js';
export { atOnce, inTurn, LeftQueue, type Steps, Ticket } from './queue/index.js';
export {
  atCaller,
  type ChildEnvironment,
  type ChildSpec,
  type Constraints,
  childEnvironment,
  explainStart,
  findProgram,
  isBelowMake,
  type Launch,
  lend,
  lookUpProgram,
  mayStartByPosix,
  type PassedEnd,
  problemOfPipes,
  requireLibrary,
  StartError,
  type Stdio,
  startPolled,
  startProcess,
} from './start/index.js';
export {
  type ChildOwner,
  type Ending,
  type Moment,
  type OutputEnd,
  type PassedPipe,
  polledReaper,
  reaper,
  type StartedProcess,
  watchExit,
} from './wait/index.js';
