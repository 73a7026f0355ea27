/** Jobs, as programs use them. */

export {
  isOpen,
  type JobInfo,
  type JobOptions,
  type JobState,
  type ListOptions,
  type LogOptions,
  type LogPiece,
  OPEN_STATES,
  type ScheduleInfo,
} from '../job/index.js';
export { nextTime } from './cron.js';
export { type DoneOptions, Job } from './job.js';
export { Jobs, type JobToAdd, type ScheduleOptions, type WatchOptions } from './jobs.js';
export { openJobs } from './open.js';
