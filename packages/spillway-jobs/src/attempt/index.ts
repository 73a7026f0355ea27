/** One attempt of one job, without any storage. */
export { type AttemptOptions, attempt } from './attempt.js';
export { type Fence, type Place, thisPlace, viewOf } from './fence.js';
export { exitStatusOf, type LeftoverData, type Outcome } from './outcome.js';
