/** Jobs, as programs use them. */

export * from '../job/index.js';
export { nextTime } from './cron.js';
export { type DoneOptions, Job } from './job.js';
export { Jobs, type JobToAdd, type ScheduleOptions, type WatchOptions } from './jobs.js';
export { openJobs } from './open.js';
