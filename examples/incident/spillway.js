/** The same command with Spillway, and a check of every promise about it. */
import { join } from 'node:path';
import { run } from 'spillway';
import { leftBehind, peakMemory } from './proc.js';
import { measureCopy } from './tree.js';

/**
 * @param {string} cwd
 * @param {string} destination
 * @param {import('./tree.js').Plan} planned
 * @param {AbortSignal} signal
 */
export async function runWithSpillway(cwd, destination, planned, signal) {
  const result = await run('rsync', ['-av', 'source/', `${destination}/`], {
    cwd,
    timeout: '2m',
    env: { LC_ALL: 'C' },
    signal,
  });
  // First of all: a process that was left behind must not have time to end by itself.
  const left = leftBehind(/** @type {number} */ (result.pid));
  const memory = peakMemory();

  const expected = new Set(planned.files.map(({ path }) => path));
  let lines = 0;
  for await (const line of result.output.stdout.lines()) {
    lines += 1;
    expected.delete(line);
  }
  return {
    durationMs: result.durationMs,
    outputBytes: result.output.stdout.size,
    lines,
    listed: planned.files.length - expected.size,
    copy: await measureCopy(join(cwd, destination), planned),
    memory,
    left,
  };
}
