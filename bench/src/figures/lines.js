import { compare } from '../compare.js';
import { script } from '../contender.js';
import { peers } from '../figure.js';
import { atLeast, describeAll } from '../targets.js';

/**
 * @typedef {import('../figure.js').Context} Context
 * @typedef {import('../figure.js').Figure} Figure
 */

const lineBytes = 80;
const oneByOne = [atLeast(1.3, 'child_process'), atLeast(6, 'execa')];
const inBatches = [atLeast(3, 'child_process')];

/** @type {Figure} */
export const lines = {
  name: 'lines',
  title: '400 MB of 80-byte lines, one by one',
  target: describeAll(oneByOne),
  how:
    '`for await (const line of child.stdout.lines())` against the `line` event of readline on the ' +
    'stdout of child_process, and against the line iterators of execa and tinyexec. 8 MB warm up. ' +
    'The numbers of lines and characters must be right.',

  async run(context) {
    const comparison = await compareReaders(context, ['spillway lines', ...peers]);
    const contenders = comparison.row('gigabytesPerSecond', { spillway: 'spillway lines' });
    return [{ label: 'one by one', unit: 'GB/s', contenders, targets: oneByOne }];
  },
};

/** @type {Figure} */
export const batches = {
  name: 'batches',
  title: '400 MB of 80-byte lines, in batches',
  target: describeAll(inBatches),
  how:
    '`for await (const lines of child.stdout.lineBatches())`, every line of each array visited, ' +
    'against the same `line` event; otherwise as `lines`.',

  async run(context) {
    const comparison = await compareReaders(context, ['spillway batches', 'child_process']);
    const contenders = comparison.row('gigabytesPerSecond', { spillway: 'spillway batches' });
    return [{ label: 'in batches', unit: 'GB/s', contenders, targets: inBatches }];
  },
};

/**
 * @param {Context} context
 * @param {string[]} names
 */
function compareReaders({ quick, programs, progress }, names) {
  const options = { producer: programs.producer, bytes: quick ? 80_000_000 : 400_000_000, lineBytes };
  const contenders = names.map((name) => script('lines', name, options));
  return compare(contenders, { rounds: quick ? 2 : 5, progress });
}
