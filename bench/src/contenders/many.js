import { capturing } from './runners/index.js';
import { contend, expectEqual, secondsSince } from './support.js';

/** Runs in a second, when all are started at once. */
await contend(async (contender, /** @type {{ count: number }} */ { count }) => {
  const capture = await capturing(contender);
  const echo = () => capture('echo', ['hi']);
  for (let i = 0; i < 50; i++) await echo();

  const start = performance.now();
  const results = await Promise.all(Array.from({ length: count }, echo));
  const seconds = secondsSince(start);
  expectEqual(results.filter(({ stdout }) => stdout.trimEnd() === 'hi').length, count, 'right answers');
  return { perSecond: count / seconds };
});
