/** What a job is: what users give and get, and its states. */
export { progressText } from './progress.js';
export { isOpen } from './states.js';
export {
  type JobInfo,
  type JobOptions,
  type JobState,
  type ListOptions,
  type LogOptions,
  type LogPiece,
  OPEN_STATES,
  type Progress,
  type ScheduleInfo,
} from './types.js';
