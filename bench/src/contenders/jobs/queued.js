/** What adding and listing take, with few jobs in the queue and with many. */
import { contend } from '../support.js';
import { withJobs } from './workers.js';

const SINGLE = 100;

await contend(async (_, /** @type {{ url: string, count: number }} */ { url, count }) => {
  return await withJobs({ url }, async (jobs) => {
    const addFewMs = await medianMs(SINGLE, () => jobs.add(['true']));
    for (let left = count; left > 0; left -= 1000)
      await jobs.addAll(Array.from({ length: Math.min(left, 1000) }, () => ({ argv: ['true'] })));
    const addManyMs = await medianMs(SINGLE, () => jobs.add(['true']));
    const listMs = await medianMs(10, () => jobs.list());
    const listAllMs = await medianMs(10, () => jobs.list({ limit: Number.POSITIVE_INFINITY }));
    return { addFewMs, addManyMs, addRatio: addManyMs / addFewMs, listMs, listAllMs };
  });
});

/**
 * @param {number} count
 * @param {() => Promise<unknown>} call
 */
async function medianMs(count, call) {
  const times = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(count / 2)] ?? 0;
}
