/** One attempt of one job, without any storage. */
export { attempt } from './attempt.js';
export { type Fence, type Place, startTimeOf, thisPlace, viewOf } from './fence.js';
export type { AttemptOptions, OutputFunction } from './options.js';
export { exitStatusOf, type LeftoverData, type Outcome } from './outcome.js';
export { SUPERVISOR_GRACE_MS } from './take-over.js';
