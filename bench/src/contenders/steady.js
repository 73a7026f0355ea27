import { readdirSync, readFileSync } from 'node:fs';
import { contend } from './support.js';

/** What a program holds after the first thousand commands, and after ten times as many. */
await contend(async (_contender, /** @type {{ count: number }} */ { count }) => {
  const { run } = await import('spillway');
  const runs = async (/** @type {number} */ n) => {
    for (let i = 0; i < n; i += 10) await Promise.all(Array.from({ length: 10 }, () => run('echo', ['hi'])));
  };
  await runs(count / 10);
  const before = holdings();
  await runs(count - count / 10);
  const after = holdings();
  return {
    descriptors: after.descriptors - before.descriptors,
    threads: after.threads - before.threads,
    growthMB: after.residentMB - before.residentMB,
  };
});

function holdings() {
  const status = readFileSync('/proc/self/status', 'utf8');
  const field = (/** @type {string} */ name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    threads: field('Threads'),
    residentMB: (field('VmRSS') * 1024) / 1e6,
  };
}
