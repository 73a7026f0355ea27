/**
 * One attempt of one job, to be called inside any queue.
 *
 * @example
 * import { attempt } from 'spillway-jobs/attempt';
 * const outcome = await attempt(['make', 'check'], { id: job.id, number: job.attempt, timeout: '30m' });
 */
export {
  type AttemptOptions,
  attempt,
  exitStatusOf,
  type Fence,
  type LeftoverData,
  type Outcome,
  type Place,
} from './attempt/index.js';
