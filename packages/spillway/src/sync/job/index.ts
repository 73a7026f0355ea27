/** A sync as a whole. */
export { SyncError } from './error.js';
export type { Phase, SyncEvent } from './events.js';
export { SyncJob } from './job.js';
export type { Progress, Transferring } from './progress.js';
export type { AttemptRecord, ChangeCounts, Failure, Outcome, PartsReport, Report } from './report.js';
