/** Processes and cgroups, as /proc and /sys show them. */
export {
  cgroupMembers,
  cgroupMounts,
  cgroupOf,
  cgroupType,
  childCgroups,
  enterCgroup,
  killCgroup,
  makeCgroup,
  removeCgroup,
} from './cgroup.js';
export {
  allProcesses,
  commandOf,
  environmentOf,
  forksSinceBoot,
  isInitOfNamespace,
  isLive,
  isThread,
  lastPid,
  liveGroupMembers,
  liveSessionGroups,
  namespaceOf,
  type ProcessStat,
  pipeInodesOf,
  pipesWrittenBy,
  processExists,
  processIdLimit,
  processStat,
  showsOwnProcesses,
  threadCount,
  ticksSinceBoot,
} from './proc.js';
export { type ProcFiles, procFiles } from './proc-files.js';
export { lastUserOfSemaphore } from './semaphore.js';
export { type UnixSocket, unixSockets } from './unix-peers.js';
