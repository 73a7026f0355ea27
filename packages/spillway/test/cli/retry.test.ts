import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { retryPause } from '../../src/cli/run/run-command.js';
import { run, start } from '../../src/index.js';
import { checkForLeaks, scratchDirectory, until } from '../helpers/leaks.js';
import { PROGRAM } from './spillway.js';

checkForLeaks();

const path = (name: string) => join(scratchDirectory(), name);

describe('retryPause()', () => {
  const middle = () => 0.5;

  it('doubles up to a minute', () => {
    expect([1, 2, 3, 6, 7, 8, 1000].map((failed) => retryPause(1000, failed, middle))).toEqual([
      1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('varies between half and one and a half of that', () => {
    expect(retryPause(1000, 1, () => 0)).toBe(500);
    expect(retryPause(1000, 1, () => 0.999)).toBe(1499);
  });

  it('does not shorten a longer base', () => {
    expect(retryPause(300_000, 3, middle)).toBe(300_000);
  });
});

describe('stdin of spillway run --retry', () => {
  it.each([
    ['a pipe', 'cat big | "$SPILLWAY" run'],
    ['a file', '"$SPILLWAY" run <big'],
  ])('gives each attempt all of the same input from %s', async (_, command) => {
    writeFileSync(path('big'), randomBytes(9 * 1024 * 1024));
    const attempt = 'cat >got.$(wc -l <tries); echo x >>tries; test $(wc -l <tries) -eq 3';
    const words = `run --retry 5 --retry-delay 1ms -- sh -c '${attempt}'`;
    const script = `: >tries; ${command.replace('run', words)}`;
    await run('sh', ['-c', script], { cwd: scratchDirectory(), env: { SPILLWAY: PROGRAM } });
    const whole = readFileSync(path('big'));
    for (const number of [0, 1, 2]) expect(readFileSync(path(`got.${number}`)).equals(whole)).toBe(true);
  });

  it('repeats what one attempt has read and goes on with what comes later', async () => {
    const attempt = 'read -r line; echo $line; test -e tried || { : >tried; exit 7; }; exec cat';
    const words = `--retry 1 --retry-delay 1ms -- sh -c '${attempt}'`;
    const script = `"$SPILLWAY" run ${words}; cat /proc/self/fdinfo/0`;
    const options = { cwd: scratchDirectory(), env: { SPILLWAY: PROGRAM }, stdin: 'pipe' } as const;
    const child = start('sh', ['-c', script], options);
    child.stdin.write('first\n');
    await child.stdout.until('first');
    await until(() => existsSync(path('tried')));
    child.stdin.end('second\n');
    const { stdout } = await child.result;
    expect(stdout).toMatch(/^first\nfirst\nsecond\n/);
    // The pipe is shared, and blocking as before: no O_NONBLOCK (04000) among its flags.
    expect(stdout).toMatch(/^flags:\t0?[0-3]*$/m);
  });

  it('begins a file where it stood', async () => {
    writeFileSync(path('lines'), 'a\nb\nc\n');
    const attempt = 'cat; test -e tried || { : >tried; exit 7; }';
    const script = `{ read -r x; "$SPILLWAY" run --retry 1 --retry-delay 1ms -- sh -c '${attempt}'; } <lines`;
    const { stdout } = await run('sh', ['-c', script], {
      cwd: scratchDirectory(),
      env: { SPILLWAY: PROGRAM },
    });
    expect(stdout).toBe('b\nc\nb\nc');
  });
});
