import { readdirSync, readFileSync } from 'node:fs';
import { getHeapSpaceStatistics } from 'node:v8';
import { capturing } from './runners/index.js';
import { contend } from './support.js';

/** The resources that a program holds after the first thousand commands, and after ten times as many. */
await contend(async (contender, /** @type {{ count: number }} */ { count }) => {
  const capture = await capturing(contender);
  const runs = async (/** @type {number} */ n) => {
    for (let i = 0; i < n; i += 10)
      await Promise.all(Array.from({ length: 10 }, () => capture('echo', ['hi'])));
  };
  await runs(count / 10);
  const before = holdings();
  await runs(count - count / 10);
  const after = holdings();
  return {
    descriptors: after.descriptors - before.descriptors,
    threads: after.threads - before.threads,
    growthMB: after.residentMB - before.residentMB,
    keptMB: after.heldMB - before.heldMB,
    heldMB: after.heldMB,
  };
});

function holdings() {
  const status = readFileSync('/proc/self/status', 'utf8');
  const field = (/** @type {string} */ name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const residentMB = (field('VmRSS') * 1024) / 1e6;
  const nursery = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    threads: field('Threads'),
    residentMB,
    heldMB: residentMB - (nursery?.physical_space_size ?? 0) / 1e6,
  };
}
