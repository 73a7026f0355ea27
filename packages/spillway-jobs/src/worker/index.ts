/** Takes jobs and runs them. */
import type { WorkerOptions } from './options.js';

export type { WorkerEvent } from './events.js';
export { SUPERVISED } from './sign-of-life.js';
export { type Supervised, supervise } from './supervisor.js';
export type { WorkerOptions };

/**
 * Takes jobs and runs them until `signal` is aborted. Errors: OptionError; JobsError when the storage cannot
 * be opened, or has tables of another version. A storage that goes away later is waited for.
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  // A supervisor does not need what speaks to the storage, which is large.
  const worker = await import('./run-worker.js');
  return worker.runWorker(options);
}
