/** Commands as jobs: never two attempts at a time, and nothing of an attempt outlives it. */
export type {
  JobInfo,
  JobOptions,
  JobState,
  ListOptions,
  LogOptions,
  LogPiece,
  ScheduleInfo,
} from './queue/types.js';
