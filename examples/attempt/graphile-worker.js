/**
 * Commands as jobs of graphile-worker: `await addJob('command', { argv: ['make', 'check'] })`, and
 * `taskList: { command }`. Make FENCE_TABLE before.
 */
import { Lease } from 'spillway';
import { attempt } from 'spillway-jobs/attempt';
import { fencing } from './fences.js';

export async function command({ argv }, { job, query, abortSignal }) {
  // A worker that dies keeps its jobs locked for four hours, unless `forceUnlockWorkers` unlocks them.
  const lease = new Lease('4h');
  const id = `graphile:${job.id}`;
  const { forget, ...fence } = await fencing(query, id);
  const options = { id, number: job.attempts, lease, signal: abortSignal };
  const outcome = await attempt(argv, { ...options, ...fence });
  if (outcome.startedAt) await forget();
  if (!outcome.ok) throw new Error(outcome.message);
}
