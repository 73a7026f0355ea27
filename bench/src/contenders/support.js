import assert from 'node:assert/strict';

/**
 * Runs the contender that the command line names, and prints its sample.
 *
 * @template {Record<string, any>} Options
 * @param {(contender: string, options: Options) => Promise<Record<string, number>>} measure
 */
export async function contend(measure) {
  const [, , contender = '', options = '{}'] = process.argv;
  const sample = await measure(contender, JSON.parse(options));
  process.stdout.write(`${JSON.stringify(sample)}\n`);
}

/**
 * A figure counts only if the work was done.
 *
 * @param {unknown} actual
 * @param {unknown} expected
 * @param {string} what
 */
export function expectEqual(actual, expected, what) {
  assert.equal(actual, expected, `${what}: ${actual} instead of ${expected}`);
}

/**
 * @param {string} contender
 * @returns {never}
 */
export function unknownContender(contender) {
  throw new Error(`no such contender: ${contender}`);
}

/**
 * Bytes read before the clock starts, so that a throughput excludes loading and first calls; `import` has
 * those.
 */
export const warmUpBytes = 8_000_000;

/** @param {number} start a value of performance.now() */
export const secondsSince = (start) => (performance.now() - start) / 1000;
