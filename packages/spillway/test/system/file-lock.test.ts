/** FileLock: held by one at a time, and never longer than its process lives. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FileLock } from '../../src/pipe.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';

checkForLeaks();

it('is held by one at a time, in one process too, until it is released', () => {
  const path = join(scratchDirectory(), 'lock');
  const lock = FileLock.tryTake(path, 'process 1\n');
  expect(lock?.path).toBe(path);
  expect(FileLock.tryTake(path, 'process 2\n')).toBeUndefined();
  expect(readFileSync(path, 'utf8')).toBe('process 1\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  lock?.release();
  lock?.release();
  using again = FileLock.tryTake(path, 'x');
  expect(again).toBeDefined();
  expect(readFileSync(path, 'utf8')).toBe('x');
});

it('is free at once when its holder is killed, though a child of that lives on', async () => {
  const path = join(scratchDirectory(), 'lock');
  const code = `
    import { spawn } from 'node:child_process';
    import { FileLock } from 'spillway/pipe';
    const lock = FileLock.tryTake(${JSON.stringify(path)});
    const child = spawn('sleep', ['100'], { stdio: 'ignore', detached: true });
    console.log(lock ? child.pid : 'none');
    setInterval(() => lock, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'exit');
  const [line] = await once(holder.stdout, 'data');
  const child = Number(String(line));
  try {
    expect(child).toBeGreaterThan(0);
    expect(FileLock.tryTake(path)).toBeUndefined();
    holder.kill('SIGKILL');
    await ended;
    using lock = FileLock.tryTake(path);
    expect(lock).toBeDefined();
  } finally {
    process.kill(child, 'SIGKILL');
  }
});

it('says which path cannot be opened', () => {
  expect(() => FileLock.tryTake(join(scratchDirectory(), 'none/lock'))).toThrow(/ENOENT.*none\/lock/);
});
