/** Workers as processes, for the figures of jobs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openJobs } from 'spillway-jobs';

const program = fileURLToPath(
  new URL('../../../../packages/spillway-jobs/test/children/worker.js', import.meta.url),
);
const namespace = ['--pid', '--fork', '--mount-proc', '--kill-child'];

/**
 * @typedef {object} Settings
 * @property {string} [url] of a PostgreSQL
 * @property {string} [stateDirectory] of the embedded database
 * @property {Record<string, number>} groups
 * @property {number} [leaseMs]
 */

/**
 * Resolves when it takes jobs.
 *
 * @param {Settings} settings
 * @param {{ isElsewhere?: boolean }} [where] in a pid namespace of its own, as on another host
 */
export async function startWorker(settings, { isElsewhere = false } = {}) {
  const worker = [process.execPath, program, JSON.stringify({ leaseMs: 15_000, ...settings })];
  const [file = '', ...args] = isElsewhere ? ['unshare', ...namespace, ...worker] : worker;
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  await Promise.race([
    once(lines, 'line'),
    ended.then(() => Promise.reject(new Error('the worker did not start'))),
  ]);
  lines.resume();
  const pid = child.pid ?? 0;
  return {
    pid,
    /** @param {NodeJS.Signals} signal */
    async end(signal = 'SIGTERM') {
      child.kill(signal);
      await ended;
    },
  };
}

/**
 * Calls it with the jobs of this database.
 *
 * @template T
 * @param {{ url?: string, stateDirectory?: string }} place
 * @param {(jobs: import('spillway-jobs').Jobs) => Promise<T>} body
 */
export async function withJobs(place, body) {
  const jobs = await openJobs(place);
  try {
    return await body(jobs);
  } finally {
    await jobs[Symbol.asyncDispose]();
  }
}

/**
 * Megabytes: its own and its share of what it has with others (`Pss`), or all (`Rss`).
 *
 * @param {number} pid
 * @param {'Pss' | 'Rss'} [which]
 */
export function memoryOf(pid, which = 'Pss') {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(new RegExp(`^${which}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) / 1000;
}

/**
 * Seconds of a processor.
 *
 * @param {number} pid
 */
export function processorTimeOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/**
 * @param {() => unknown} condition
 * @param {number} ms
 */
export async function until(condition, ms = 120_000) {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`nothing happened within ${ms} ms`);
    await pause(10);
  }
}
