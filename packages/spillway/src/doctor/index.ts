/**
 * Why processes hang: which process waits for which, over which pipe, and how to fix it. Linux only: it reads
 * /proc and changes nothing.
 *
 * @example
 * import { describe, diagnose } from 'spillway/doctor';
 * const diagnosis = await diagnose({ pids: [4711] });
 * if (diagnosis.state === 'hung') console.log(describe(diagnosis));
 */
export { type DrawingOptions, drawing } from './drawing/index.js';
export { type ExplainOptions, explain } from './explain.js';
export { diagnose, type ObserveOptions, Observer, observe } from './observe.js';
export { toDot, toSvg } from './picture/index.js';
export {
  type BlockedCall,
  type ConnectionRecord,
  type DescriptorRecord,
  DoctorError,
  type Host,
  type LockRecord,
  type PipeRecord,
  type ProcessRecord,
  parseSnapshots,
  type SemaphoreRecord,
  type Snapshot,
  type SnapshotOptions,
  type SocketRecord,
  serializeSnapshots,
  type ThreadRecord,
  takeSnapshot,
  type Unreadable,
  type WatchRecord,
} from './snapshot/index.js';
export {
  type Changes,
  type Confidence,
  changesBetween,
  type Diagnosis,
  type Finding,
  type FindingKind,
  type HolderRef,
  judge,
  type Limit,
  type ProcessRef,
  type WaitStory,
} from './verdict/index.js';
export {
  type DescribeOptions,
  describe,
  describeFinding,
  describeOver,
  describeWaits,
} from './wording/index.js';
