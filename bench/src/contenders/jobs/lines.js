/** A program that writes many lines: as a job, into /dev/null, and into a file. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { contend, expectEqual } from '../support.js';
import { memoryOf, startWorker, withJobs } from './workers.js';

/**
 * @typedef {object} Options
 * @property {string} url
 * @property {string} writer the program
 * @property {number} lines
 * @property {number} pace lines a second
 */

await contend(async (contender, /** @type {Options} */ options) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'spillway-bench-jobs-'));
  const told = path.join(directory, 'ms');
  const argv = [options.writer, String(options.lines), String(options.pace), told];
  try {
    const megabytes =
      contender === 'spillway' ? await asJob(argv, options) : plainly(argv, contender, directory);
    return { seconds: Number(readFileSync(told, 'utf8')) / 1000, ...megabytes };
  } finally {
    rmSync(directory, { recursive: true });
  }
});

/**
 * @param {string[]} argv
 * @param {Options} options
 */
async function asJob(argv, { url }) {
  return await withJobs({ url }, async (jobs) => {
    const worker = await startWorker({ url, groups: { default: 1 } });
    const job = await jobs.add(argv);
    let most = 0;
    let resident = 0;
    let isOver = false;
    const done = job.done().finally(() => {
      isOver = true;
    });
    while (!isOver) {
      most = Math.max(most, memoryOf(worker.pid));
      resident = Math.max(resident, memoryOf(worker.pid, 'Rss'));
      await pause(100);
    }
    expectEqual((await done).state, 'succeeded', 'state');
    await worker.end();
    return { megabytes: most, resident };
  });
}

/**
 * @param {string[]} argv
 * @param {string} contender
 * @param {string} directory
 */
function plainly([file = '', ...args], contender, directory) {
  const fd = openSync(contender === 'a file' ? path.join(directory, 'output') : '/dev/null', 'w');
  expectEqual(spawnSync(file, args, { stdio: ['ignore', fd, 'inherit'] }).status, 0, 'exit status');
  closeSync(fd);
  return {};
}
