import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contend, expectEqual } from './support.js';

/** @typedef {{ children: number, runs: number }} Options */

/**
 * Many children alive at once, each with both streams captured: does each child's whole output arrive, and
 * how much does one more run cost beside them?
 */
await contend(async (_contender, /** @type {Options} */ { children, runs }) => {
  const { run, start } = await import('spillway');
  const measure = async () => {
    /** @type {number[]} */
    const starts = [];
    /** @type {number[]} */
    const rests = [];
    for (let i = 0; i < runs; i++) {
      const begun = performance.now();
      const running = run('true');
      const started = performance.now();
      await running;
      starts.push(started - begun);
      rests.push(performance.now() - started);
    }
    return { startMs: median(starts), restMs: median(rests) };
  };
  await measure();
  const alone = await measure();

  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const fifo = join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  // All wait for the end of this fifo, which comes when this process closes it.
  const writer = openSync(fifo, 'r+');
  const stdin = openSync(fifo, 'r');
  const crowd = Array.from({ length: children }, (_, i) =>
    start('sh', ['-c', 'echo "from $0"; read -r line; echo "to $0" >&2; exit 3', String(i)], {
      stdin,
      check: false,
    }),
  );
  await Promise.all(crowd.map((child) => child.stdout.lines().next()));
  const beside = await measure();
  const released = performance.now();
  closeSync(writer);
  closeSync(stdin);
  const results = await Promise.all(crowd.map((child) => child.result));
  const endMs = (performance.now() - released) / children;
  rmSync(directory, { recursive: true });
  const whole = results.filter((result, i) => result.exitCode === 3 && result.stderr === `to ${i}`);
  expectEqual(whole.length, children, 'children with their whole output and exit code');
  return {
    startAloneMs: alone.startMs,
    startBesideMs: beside.startMs,
    restAloneMs: alone.restMs,
    restBesideMs: beside.restMs,
    endMs,
  };
});

/** @param {number[]} values */
function median(values) {
  return /** @type {number} */ ([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]);
}
