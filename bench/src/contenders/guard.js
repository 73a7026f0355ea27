import { contend } from './support.js';

/**
 * The guard's cost per start. Guarded and unguarded starts take turns in one process, so that both meet the
 * same conditions. With longer turns, the machine's own changes are larger than the difference.
 */
await contend(async (_contender, /** @type {{ count: number }} */ { count }) => {
  const { run } = await import('spillway');
  const time = async (/** @type {boolean} */ guard) => {
    const start = performance.now();
    await run('true', { guard });
    return performance.now() - start;
  };
  for (let i = 0; i < 300; i++) await time(i % 2 === 0);
  /** @type {number[]} */
  const guarded = [];
  /** @type {number[]} */
  const unguarded = [];
  for (let i = 0; i < count; i++) {
    // The first of each pair alternates as well.
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
