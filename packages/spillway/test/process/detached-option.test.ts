/** The option `detached`, and `unref()`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { start } from '../../src/index.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();

const it = sideBySide(4);
const contents = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
const sessionOf = (pid: number) => Number(contents(`/proc/${pid}/stat`).split(') ')[1]?.split(' ')[3]);

describe('A detached child', () => {
  it('leads a session of its own, and outlives a program that ends meanwhile', async () => {
    const [go, mark] = [join(scratchDirectory(), 'go'), join(scratchDirectory(), 'mark')];
    const script = 'until [ -e "$0" ]; do sleep 0.02; done; echo lived >"$1"';
    const finished = await runNode(`
      const options = { detached: true, stdout: 'ignore', stderr: 'ignore', timeout: '1h' };
      const args = ['-c', ${JSON.stringify(script)}, ${JSON.stringify(go)}, ${JSON.stringify(mark)}];
      console.log(start('sh', args, options).pid);`);
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    const pid = Number(finished.stdout);
    expect([isAlive(pid), sessionOf(pid)]).toEqual([true, pid]);
    start('touch', [go]);
    await until(() => contents(mark) === 'lived\n' && !isAlive(pid));
  });

  it('is ended by a timeout while the program runs, and its result can be awaited', async () => {
    const child = start('sleep', ['1000'], { detached: true, timeout: 100, check: false });
    // It does not hold the event loop; the test runner does.
    expect(await child.result).toMatchObject({ reason: 'timeout', signal: 'SIGTERM' });
  });
});

describe('unref()', () => {
  it('lets the program end, and the guard ends the child', async () => {
    const finished = await runNode(`
      const child = start('sleep', ['1000'], { timeout: '1h', idleTimeout: '1h' });
      child.unref();
      console.log(child.pid);`);
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    await until(() => !isAlive(Number(finished.stdout)));
  });

  it('of one child leaves the others to hold the program', async () => {
    const finished = await runNode(`
      start('sleep', ['1000']).unref();
      start('sh', ['-c', 'sleep 0.2']).result.then(({ ok }) => console.log(ok));`);
    expect(finished).toMatchObject({ code: 0, stdout: 'true\n' });
  });
});
