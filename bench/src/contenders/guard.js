import { contend } from './support.js';

/** What the guard adds to starts: guarded and unguarded ones in turn, in one process, so that both have the same minute. */
await contend(async (_contender, /** @type {{ count: number }} */ { count }) => {
  const { run } = await import('spillway');
  const block = 100;
  const time = async (/** @type {boolean} */ guard) => {
    const start = performance.now();
    for (let i = 0; i < block; i++) await run('true', { guard });
    return performance.now() - start;
  };
  await time(true);
  await time(false);
  /** @type {number[]} */
  const guarded = [];
  /** @type {number[]} */
  const unguarded = [];
  for (let i = 0; i < count / block; i++) {
    // Whoever goes first in a pair alternates as well.
    const order = i % 2 === 0 ? [true, false] : [false, true];
    for (const guard of order) (guard ? guarded : unguarded).push(await time(guard));
  }
  return { costPercent: (median(guarded) / median(unguarded) - 1) * 100 };
});

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return /** @type {number} */ (sorted[Math.floor(sorted.length / 2)]);
}
