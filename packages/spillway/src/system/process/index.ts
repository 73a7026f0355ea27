/** Calls on processes: spawn, wait, signals, limits. */
export { ignoreSignal, raiseByDefault } from './disposition.js';
export { ExitWatch } from './exit-watch.js';
export { createGateProgram } from './gate-program.js';
export { leadOwnGroup } from './group.js';
export { openPidfd, signalPidfd } from './pidfd.js';
export { isChildSubreaper, setChildSubreaper, withoutCore } from './prctl.js';
export { realTimeSignals } from './real-time-signals.js';
export { pageBytes, type Resource, setLimit, setNice } from './resource-limits.js';
export { groupExists, kill, signalName, signals } from './signal.js';
export { withBlocked } from './signal-mask.js';
export { canHandOverTerminal, type Surroundings, spawn, takeSurroundings } from './spawn.js';
export { ignoreWithChildren } from './spawn-attributes.js';
export type { ChildDescriptor, SpawnRequest } from './spawn-request.js';
export { type SuccessorRequest, spawnSuccessor } from './succeed.js';
export { groupsOfUser, type UserGroups } from './user-groups.js';
export {
  type CpuTime,
  type ExitStatus,
  peekAnyExited,
  peekAnyStopped,
  peekChild,
  reap,
  reapKilled,
  takeStop,
  wasKilled,
} from './wait.js';
export { yieldProcessor } from './yield.js';
