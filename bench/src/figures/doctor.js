import { compare } from '../compare.js';
import { script } from '../contender.js';
import { besideCrowd } from '../crowd.js';
import { Skipped } from '../figure.js';
import { describeAll, noMoreThan } from '../targets.js';

/**
 * @typedef {import('../figure.js').Context} Context
 * @typedef {import('../figure.js').Measurement} Measurement
 */

const quickly = [noMoreThan(40, 'ms')];
const inTime = [noMoreThan(700, 'ms')];
const bounded = [noMoreThan(150, 'MB')];
const perProcess = 9;

/** @type {import('../figure.js').Figure} */
export const doctor = {
  name: 'doctor',
  title: 'what it costs to look at processes',
  target: [
    `a tree of 10 processes among 500: ${describeAll(quickly)}`,
    `5,000 processes with 45,000 descriptors: ${describeAll(inTime, bounded)}`,
  ].join('; '),
  how:
    'Idle processes with nine descriptors each run beside the measurement. The tree is a shell and ' +
    'nine `cat`: its snapshot is taken and judged; of the whole machine only the snapshot counts. The ' +
    'median is that of many looks by one process; the first look is the cost for a program that looks ' +
    'once. Growth is VmHWM of a fresh process that takes two snapshots and judges them, less its ' +
    'resident memory before. `npm run stress` asserts that every hang is found, and nothing else.',

  async run(context) {
    if (process.platform !== 'linux') throw new Skipped('needs Linux with /proc');
    return [...(await measureTree(context)), ...(await measureMachine(context))];
  },
};

/**
 * @param {Context} context
 * @returns {Promise<Measurement[]>}
 */
async function measureTree({ quick, programs, progress }) {
  const crowd = 490;
  const options = { processes: crowd + 10, descriptors: 0, scans: quick ? 10 : 40 };
  const comparison = await besideCrowd(programs.crowd, crowd, () =>
    compare([script('doctor', 'tree', options)], { rounds: quick ? 2 : 7, progress }),
  );
  const row = (/** @type {string} */ key) => comparison.row(key, { spillway: 'tree' });
  const label = 'a tree of 10 among 500';
  return [
    { label, unit: 'ms', contenders: row('medianMs'), targets: quickly },
    { label: `${label}, the first look`, unit: 'ms', contenders: row('firstMs'), targets: [] },
  ];
}

/**
 * @param {Context} context
 * @returns {Promise<Measurement[]>}
 */
async function measureMachine({ quick, programs, progress }) {
  const processes = quick ? 1000 : 5000;
  const options = { processes, descriptors: processes * perProcess, scans: quick ? 3 : 7 };
  const comparison = await besideCrowd(programs.crowd, processes, () =>
    compare([script('doctor', 'machine', options), script('doctor', 'memory', options)], {
      rounds: quick ? 2 : 5,
      progress,
    }),
  );
  const row = (/** @type {string} */ key, /** @type {string} */ name) =>
    comparison.row(key, { spillway: name });
  const label = `${processes} processes`;
  return [
    { label, unit: 'ms', contenders: row('medianMs', 'machine'), targets: inTime },
    { label: `${label}, the first look`, unit: 'ms', contenders: row('firstMs', 'machine'), targets: [] },
    { label: `${label}, growth`, unit: 'MB', contenders: row('growthMB', 'memory'), targets: bounded },
  ];
}
