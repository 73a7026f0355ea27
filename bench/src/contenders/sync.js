import { median } from '../statistics.js';
import { contend, expectEqual, unknownContender } from './support.js';

/**
 * Microseconds of one blocking call, one after the other: the median, and the mean with every collection of
 * garbage.
 */
await contend(async (contender, /** @type {{ count: number }} */ { count }) => {
  const echo = await echoing(contender);
  for (let i = 0; i < count / 3; i++) echo('hi');

  /** @type {number[]} */
  const times = [];
  let right = 0;
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    const text = echo('hi');
    times.push((performance.now() - start) * 1000);
    if (text.trimEnd() === 'hi') right++;
  }
  expectEqual(right, count, 'right answers');
  return { median: median(times), mean: times.reduce((sum, time) => sum + time, 0) / count };
});

/**
 * @param {string} contender
 * @returns {Promise<(word: string) => string>}
 */
async function echoing(contender) {
  switch (contender) {
    case 'spillway': {
      const { runSync } = await import('spillway');
      return (word) => runSync('echo', [word]).stdout;
    }
    case 'child_process': {
      const { spawnSync } = await import('node:child_process');
      return (word) =>
        spawnSync('echo', [word], { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' }).stdout;
    }
    case 'execa': {
      const { execaSync } = await import('execa');
      return (word) => execaSync('echo', [word], { stdin: 'ignore' }).stdout;
    }
    case 'tinyexec': {
      const { xSync } = await import('tinyexec');
      /** @type {import('node:child_process').SpawnSyncOptions} */
      const nodeOptions = { stdio: ['ignore', 'pipe', 'pipe'] };
      return (word) => xSync('echo', [word], { nodeOptions }).stdout;
    }
    default:
      return unknownContender(contender);
  }
}
