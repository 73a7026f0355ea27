/** Commands as jobs: never two attempts at a time, and nothing of an attempt outlives it. */
export type { Outcome } from './attempt/index.js';
export {
  type DoneOptions,
  Job,
  type JobInfo,
  type JobOptions,
  type JobState,
  Jobs,
  type JobToAdd,
  type ListOptions,
  type LogOptions,
  type LogPiece,
  openJobs,
  type Progress,
  type ScheduleInfo,
  type ScheduleOptions,
  type WatchOptions,
} from './queue/index.js';
export { JobsError, type JobsErrorCode, type OpenOptions } from './store/index.js';
