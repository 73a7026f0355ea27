import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { judge, takeSnapshot } from 'spillway/doctor';
import { contend, expectEqual } from './support.js';

/**
 * The cost of a look at processes. `tree`: at ten of them, in ms; `machine`: at all, in ms; `memory`: at all,
 * in MB, in a process that has not looked before.
 *
 * @typedef {object} Options what the machine must have at least
 * @property {number} processes
 * @property {number} descriptors
 * @property {number} scans
 */

await contend(async (contender, /** @type {Options} */ options) => {
  switch (contender) {
    case 'tree':
      return await ofTree(options);
    case 'machine':
      return ofMachine(options);
    default:
      return memoryOfMachine(options);
  }
});

/** @param {Options} options */
async function ofTree({ processes, scans }) {
  // A shell and a row of nine `cat`; the first waits for this process.
  const tree = spawn('sh', ['-c', `${'cat | '.repeat(8)}cat; :`], { stdio: ['pipe', 'ignore', 'inherit'] });
  const pids = [Number(tree.pid)];
  while (inTree(takeSnapshot({ pids })) < 10) await sleep(10);
  let found = 0;
  const ms = medianOf(scans, () => {
    const snapshot = takeSnapshot({ pids });
    expectAtLeast(snapshot.host.processCount, processes, 'processes');
    found += judge([snapshot]).findings.filter(({ isHang }) => isHang).length;
    expectEqual(inTree(snapshot), 10, 'processes of the tree');
  });
  tree.stdin.end();
  expectEqual(found, 0, 'hangs found');
  return ms;
}

/** @param {Options} options */
function ofMachine({ scans, ...least }) {
  return medianOf(scans, () => expectAll(takeSnapshot(), least));
}

/**
 * Holds two snapshots at a time, as a diagnosis does.
 *
 * @param {Options} least
 */
function memoryOfMachine(least) {
  const before = megabytes('VmRSS');
  const snapshots = [takeSnapshot(), takeSnapshot()];
  judge(snapshots);
  const growthMB = megabytes('VmHWM') - before;
  for (const snapshot of snapshots) expectAll(snapshot, least);
  return { growthMB };
}

/**
 * @param {import('spillway/doctor').Snapshot} snapshot
 * @param {Pick<Options, 'processes' | 'descriptors'>} least
 */
function expectAll(snapshot, { processes, descriptors }) {
  expectAtLeast(snapshot.processes.length, processes, 'processes');
  const seen = snapshot.processes.reduce((sum, one) => sum + (one.descriptors?.length ?? 0), 0);
  expectAtLeast(seen, descriptors, 'descriptors');
}

/** @param {import('spillway/doctor').Snapshot} snapshot */
function inTree({ processes }) {
  return processes.filter(({ isInTree }) => isInTree).length;
}

/**
 * @param {number} times
 * @param {() => void} act
 */
function medianOf(times, act) {
  const ms = Array.from({ length: times }, () => {
    const began = performance.now();
    act();
    return performance.now() - began;
  });
  const [firstMs = 0] = ms;
  return { firstMs, medianMs: ms.sort((a, b) => a - b)[Math.floor(times / 2)] ?? 0 };
}

/** @param {number} actual @param {number} least @param {string} what */
function expectAtLeast(actual, least, what) {
  if (actual < least) throw new Error(`${actual} ${what} instead of ${least} at least`);
}

/** @param {'VmRSS' | 'VmHWM'} field */
function megabytes(field) {
  const [, kilobytes] =
    new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return (Number(kilobytes) * 1024) / 1e6;
}
