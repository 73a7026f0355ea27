/** Experiments as processes: bounded, and gone afterwards. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Experiment, type Outcome, outcomes } from '../../src/lab/index.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';

checkForLeaks();

const experiment: Experiment = {
  name: 'made-up',
  group: 'reading',
  question: 'What?',
  steps: [],
  expected: 'this',
  source: 'POSIX',
  follows: 'nothing',
  limitMs: 20_000,
  perform: () => {},
};

/** `script` has the path of the report as its argument. */
async function outcomeOf(script: string, more: Partial<Experiment> = {}, signal?: AbortSignal) {
  const found: Outcome[] = [];
  const command = () => ['sh', '-c', script, 'sh'];
  for await (const outcome of outcomes([{ ...experiment, ...more }], { command, signal }))
    found.push(outcome);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('spillway-lab-'))).toEqual([]);
  return found[0] as Outcome;
}

const REPORT = JSON.stringify({
  checks: [{ what: 'a', expected: '1', seen: '1', verdict: 'agrees' }],
  figures: [],
  words: [],
  pictures: [],
});

it('an experiment that hangs is ended at its limit, with what it started, and says so', async () => {
  mkdirSync(join(scratchDirectory(), 'pids'));
  const file = join(scratchDirectory(), 'pids', 'all');
  // A child of its own, and one in a session of its own where there is setsid.
  const script = `sleep 1000 & echo $! >>${file}
    if command -v setsid >/dev/null; then setsid sleep 1000 & echo $! >>${file}; fi
    echo $$ >>${file}; trap '' TERM; while :; do sleep 1000; done`;
  const { verdict, why } = await outcomeOf(script, { limitMs: 700 });
  expect([verdict, why?.split(':')[0]]).toEqual(['could not be run', 'it had not ended after 700 ms']);
  const pids = readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
  expect(pids.length).toBeGreaterThan(1);
  await until(
    () => pids.every((pid) => !isAlive(pid)),
    () => `alive: ${pids.filter(isAlive)}`,
  );
});

it('an experiment that crashes could not be run, and the reason is its last words', async () => {
  const { verdict, why } = await outcomeOf('echo "Error: no luck" >&2; exit 3');
  expect([verdict, why]).toEqual(['could not be run', 'its process ended with status 3: Error: no luck']);
  expect((await outcomeOf('kill -SEGV $$')).why).toMatch(/^its process ended with SIGSEGV/);
});

it('an experiment without a report could not be run', async () => {
  const { verdict, why } = await outcomeOf('exit 0');
  expect(verdict).toBe('could not be run');
  expect(why).toMatch(/^its process left no report: ENOENT/);
});

it('a report is taken over, and a file beside it is removed', async () => {
  const report = join(scratchDirectory(), 'report.json');
  writeFileSync(report, REPORT);
  const { verdict, checks } = await outcomeOf(`cat ${report} >"$1"; mkfifo "$(dirname "$1")/out"`);
  expect([verdict, checks.length]).toEqual(['agrees', 1]);
});

it('an abort ends the experiment under way and begins no other', async () => {
  const stop = new AbortController();
  const all = [experiment, { ...experiment, name: 'second' }];
  const begun: string[] = [];
  const command = (name: string) => {
    begun.push(name);
    queueMicrotask(() => stop.abort());
    return ['sleep', '1000'];
  };
  const found: Outcome[] = [];
  for await (const outcome of outcomes(all, { command, signal: stop.signal })) found.push(outcome);
  expect([begun, found.map(({ verdict }) => verdict)]).toEqual([['made-up'], ['could not be run']]);
});
