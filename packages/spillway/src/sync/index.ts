/**
 * rsync as a job that finishes, or says why not.
 *
 * @example
 * import { sync } from 'spillway/sync';
 * const { files, bytes, attempts } = await sync('photos/', 'nas:/tank/photos/', { stall: '60s' }).result;
 */
export {
  type AttemptRecord,
  type ChangeCounts,
  type Failure,
  type Outcome,
  type PartsReport,
  type Phase,
  type Progress,
  type Report,
  SyncError,
  type SyncEvent,
  SyncJob,
  type Transferring,
} from './job/index.js';
export type { SyncOptions } from './options/index.js';
export type { Change, FileKind } from './rsync/index.js';
export { sync } from './sync.js';
