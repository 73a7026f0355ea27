import { median } from '../statistics.js';
import { capturing } from './runners/index.js';
import { contend, expectEqual } from './support.js';

/**
 * Microseconds of one run from call to result, one after the other: the median, and the mean with every
 * collection of garbage.
 */
await contend(async (contender, /** @type {{ count: number }} */ { count }) => {
  const capture = await capturing(contender);
  for (let i = 0; i < count / 3; i++) await capture('echo', ['hi']);

  /** @type {number[]} */
  const times = [];
  let right = 0;
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    const { stdout } = await capture('echo', ['hi']);
    times.push((performance.now() - start) * 1000);
    if (stdout.trimEnd() === 'hi') right++;
  }
  expectEqual(right, count, 'right answers');
  return { median: median(times), mean: times.reduce((sum, time) => sum + time, 0) / count };
});
