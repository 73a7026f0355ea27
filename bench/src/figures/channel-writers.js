import { compare } from '../compare.js';
import { script } from '../contender.js';
import { atLeast, describeAll } from '../targets.js';

/**
 * Several writers on one pipe, beside one.
 *
 * @typedef {import('../figure.js').Context} Context
 * @typedef {import('../figure.js').Measurement} Measurement
 */

const writers = 8;
const one = 'one shared writer';
const targets = [atLeast(0.5, one)];
const label = `${writers} writers sharing one pipe, 1 KiB and 100 KiB mixed`;

export const writersTarget = `${label}: ${describeAll(targets)}`;

/**
 * @param {Context} context
 * @returns {Promise<Measurement[]>}
 */
export async function measureWriters({ quick, progress }) {
  // The same number of messages in all, from one writer or from many.
  const options = { count: quick ? 4000 : 80_000, warmUp: 4000 };
  const names = { spillway: `${writers} shared writers`, [one]: one };
  const alone = 'one plain writer';
  const comparison = await compare(
    [
      script('channel/writers', names.spillway, { ...options, writers, isShared: true }),
      script('channel/writers', one, { ...options, writers: 1, isShared: true }),
      script('channel/writers', alone, { ...options, writers: 1, isShared: false }),
    ],
    { rounds: quick ? 3 : 7, progress: (text) => progress(`writers: ${text}`) },
  );
  /** @param {string} name */
  const row = (name) => comparison.row('gigabytesPerSecond', { spillway: name });
  const unit = 'GB/s';
  return [
    { label, unit, contenders: comparison.row('gigabytesPerSecond', names), targets },
    { label: 'one shared writer, the same messages', unit, contenders: row(one), targets: [] },
    { label: 'one writer of a pipe that is not shared', unit, contenders: row(alone), targets: [] },
  ];
}
