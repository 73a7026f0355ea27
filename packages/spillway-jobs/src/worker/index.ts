/** Takes jobs and runs them. */
export type { WorkerEvent } from './events.js';
export type { WorkerOptions } from './options.js';
export { runWorker } from './run-worker.js';
export { SUPERVISED } from './sign-of-life.js';
export { type Supervised, supervise } from './supervisor.js';
