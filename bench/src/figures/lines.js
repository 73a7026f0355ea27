import { compare } from '../compare.js';
import { script } from '../contender.js';
import { peers } from '../figure.js';
import { programOn, python } from '../peers/runtimes.js';
import { atLeast, describeAll } from '../targets.js';

/**
 * @typedef {import('../figure.js').Context} Context
 * @typedef {import('../figure.js').Figure} Figure
 */

const lineBytes = 80;
const oneByOne = [atLeast(1.4, 'child_process'), atLeast(6, 'execa'), atLeast(1, 'Python')];
const inBatches = [atLeast(3, 'child_process'), atLeast(2, 'Python')];

/** @type {Figure} */
export const lines = {
  name: 'lines',
  title: '400 MB of 80-byte lines, one by one',
  target: describeAll(oneByOne),
  how:
    '`for await (const line of child.stdout.lines())` against the `line` event of readline on the ' +
    'stdout of child_process, against the line iterators of execa and tinyexec, and against ' +
    "Python's `for line in p.stdout` in text mode. 8 MB warm up. " +
    'The numbers of lines and characters must be right.',

  async run(context) {
    const comparison = await compareReaders(context, ['spillway', ...peers]);
    const contenders = comparison.row('gigabytesPerSecond', { Python: 'Python' });
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
    'against the same `line` event and the same loop in Python; otherwise as `lines`.',

  async run(context) {
    const comparison = await compareReaders(context, ['spillway in batches', 'child_process']);
    const contenders = comparison.row('gigabytesPerSecond', {
      spillway: 'spillway in batches',
      Python: 'Python',
    });
    /** @type {import('../figure.js').Plot} */
    const plot = { file: 'batches', title: '400 MB of lines, Spillway in batches', better: 'more' };
    return [{ label: 'in batches', unit: 'GB/s', contenders, targets: inBatches, plot }];
  },
};

/**
 * @param {Context} context
 * @param {string[]} names
 */
async function compareReaders({ quick, programs: { producer }, progress }, names) {
  const bytes = quick ? 80_000_000 : 400_000_000;
  const contenders = [
    ...names.map((name) => script('lines', name, { producer, bytes, lineBytes })),
    programOn(await python(), 'Python', ['text-lines', String(bytes), producer]),
  ];
  return compare(contenders, { rounds: quick ? 2 : 5, progress });
}
