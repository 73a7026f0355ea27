/** Commands as jobs of pg-boss: `await boss.send(queue, { argv: ['make', 'check'] })`. */
import { Lease } from 'spillway';
import { attempt } from 'spillway-jobs/attempt';
import { FENCE_TABLE, fencing } from './fences.js';

/** `db`: a Pool of pg. */
export async function workOff(boss, db, queue) {
  const query = (text, values) => db.query(text, values);
  await query(FENCE_TABLE);
  return boss.work(queue, { includeMetadata: true }, async ([job]) => {
    // pg-boss gives the job to another worker when this time is over, and cannot be asked for more.
    const lease = new Lease(`${job.expireInSeconds}s`);
    const stop = new AbortController();
    const look = async () => {
      const now = await boss.getJobById(queue, job.id);
      if (now?.state !== 'active' || now.retryCount !== job.retryCount) stop.abort();
    };
    const timer = setInterval(() => look().catch(() => {}), 2000);
    try {
      const id = `${queue}:${job.id}`;
      const { forget, ...fence } = await fencing(query, id);
      const options = { id, number: job.retryCount + 1, lease, signal: stop.signal };
      const outcome = await attempt(job.data.argv, { ...options, ...fence });
      if (outcome.startedAt) await forget();
      if (!outcome.ok) throw new Error(outcome.message);
      return outcome;
    } finally {
      clearInterval(timer);
    }
  });
}
