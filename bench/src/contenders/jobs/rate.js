/** How many `true` a second: as jobs of two workers, or started by two programs without a queue. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { run } from 'spillway';
import { contend, secondsSince } from '../support.js';
import { startWorker, until, withJobs } from './workers.js';

/**
 * @typedef {object} Options
 * @property {string} [url] of a PostgreSQL; without it the embedded database
 * @property {number} count
 * @property {number} slots of each worker
 */

await contend(async (contender, /** @type {Options} */ options) => {
  if (contender === 'half') return await half(options);
  if (contender === 'without a queue') return await withoutQueue(options);
  const stateDirectory = mkdtempSync(path.join(tmpdir(), 'spillway-bench-jobs-'));
  try {
    return await asJobs({ ...options, stateDirectory });
  } finally {
    rmSync(stateDirectory, { recursive: true });
  }
});

/** @param {Options & { stateDirectory: string }} options */
async function asJobs({ url, stateDirectory, count, slots }) {
  const place = url === undefined ? { stateDirectory } : { url };
  const settings = { ...place, groups: { default: slots } };
  // With the embedded database, the first worker serves it.
  const early = url === undefined ? await startWorker({ ...settings, groups: { other: 1 } }) : undefined;
  const rate = await withJobs(place, async (jobs) => {
    for (let left = count; left > 0; left -= 1000)
      await jobs.addAll(Array.from({ length: Math.min(left, 1000) }, () => ({ argv: ['true'] })));
    const since = performance.now();
    const workers = await Promise.all([startWorker(settings), startWorker(settings)]);
    const open = async () => (await jobs.list({ states: ['queued', 'running'], limit: 1 })).length > 0;
    let isOpen = true;
    // Seldom: the database is on the same processors.
    await until(async () => {
      await pause(200);
      isOpen = await open();
      return !isOpen;
    });
    const infos = await jobs.list({ limit: Number.POSITIVE_INFINITY });
    for (const worker of workers) await worker.end();
    // Without the starts of the workers, and the last jobs, which one of them runs alone.
    const ends = infos.map((info) => info.since.getTime()).sort((a, b) => a - b);
    const at = (/** @type {number} */ share) => ends[Math.floor(share * (count - 1))] ?? 0;
    const bad = infos.filter(({ state }) => state !== 'succeeded').length;
    if (bad > 0) throw new Error(`${bad} jobs did not succeed`);
    return { perSecond: (0.8 * count) / ((at(0.9) - at(0.1)) / 1000), seconds: secondsSince(since) };
  });
  await early?.end();
  return rate;
}

/** @param {Options} options */
async function withoutQueue(options) {
  const self = process.argv[1] ?? '';
  const halves = Array.from({ length: 2 }, async () => {
    const child = spawn(process.execPath, [self, 'half', JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [text] = await once(child.stdout, 'data');
    return JSON.parse(String(text)).perSecond;
  });
  const [one, two] = await Promise.all(halves);
  return { perSecond: one + two };
}

/** @param {Options} options */
async function half({ count, slots }) {
  await run('true');
  const total = count / 2;
  let begun = 0;
  const start = performance.now();
  const oneByOne = async () => {
    while (begun < total) {
      begun++;
      await run('true');
    }
  };
  await Promise.all(Array.from({ length: slots }, oneByOne));
  return { perSecond: total / secondsSince(start) };
}
