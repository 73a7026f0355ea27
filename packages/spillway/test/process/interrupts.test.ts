/** Ctrl-C at a program without a listener of its own: SIGINT reaches its commands, and then ends it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { backend } from '../helpers/backend.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();

const it = sideBySide(4);

/** Says at SIGINT that it heard it, ends a moment later, and is ready when its file exists. */
const LISTENER = 'trap "sleep 0.2; echo heard >&2; exit 1" INT; echo $$ >"$0"; while :; do sleep 0.02; done';
const DEAF = 'trap "" INT TERM; echo $$ >"$0"; while :; do sleep 0.02; done';

/** Sends this program SIGINT as soon as the files exist. */
const interruptWhen = (...paths: string[]) => `
  import { existsSync, readFileSync } from 'node:fs';
  const ready = (path) => existsSync(path) && readFileSync(path, 'utf8') !== '';
  const look = setInterval(() => {
    if (!${JSON.stringify(paths)}.every(ready)) return;
    clearInterval(look);
    process.kill(process.pid, 'SIGINT');
  }, 10);`;

describe('A program that Ctrl-C reaches', () => {
  it('lets its command end by SIGINT first, passes its last words on, and then ends by SIGINT', async () => {
    const pid = join(scratchDirectory(), 'pid');
    const finished = await runNode(`${interruptWhen(pid)}
      const command = ['-c', ${JSON.stringify(LISTENER)}, ${JSON.stringify(pid)}];
      await run('sh', command, { stderr: ['capture', 'inherit'] }).catch(() => {});
      console.log('survived');`);
    expect(finished).toEqual({ code: null, signal: 'SIGINT', stdout: '', stderr: 'heard\n' });
  });

  it.skipIf(backend === 'node')('lets all of them end, those of a pipeline too', async () => {
    const pids = [1, 2, 3].map((n) => join(scratchDirectory(), `pid-${n}`));
    const words = pids.map((pid) => `['sh', '-c', ${JSON.stringify(LISTENER)}, ${JSON.stringify(pid)}]`);
    const finished = await runNode(`${interruptWhen(...pids)}
      const child = start(...(([file, ...args]) => [file, args])(${words[0]}), { stderr: 'inherit' });
      await pipeline([${words[1]}, ${words[2]}], { stderr: 'inherit', check: false });
      console.log('survived');`);
    expect(finished).toEqual({
      code: null,
      signal: 'SIGINT',
      stdout: '',
      stderr: 'heard\nheard\nheard\n',
    });
  });

  it('kills a command that goes on after its grace period, and ends', async () => {
    const pid = join(scratchDirectory(), 'pid');
    const finished = await runNode(`${interruptWhen(pid)}
      const command = ['-c', ${JSON.stringify(DEAF)}, ${JSON.stringify(pid)}];
      await run('sh', command, { terminate: { grace: 300 } });`);
    expect(finished).toMatchObject({ code: null, signal: 'SIGINT' });
    expect(isAlive(Number(readFileSync(pid, 'utf8')))).toBe(false);
  });

  it('decides itself when it has a listener, whenever it was added', async () => {
    const pid = join(scratchDirectory(), 'pid');
    const program = (before: string, after: string) => `
      ${before}
      const child = start('sh', ['-c', ${JSON.stringify(DEAF)}, ${JSON.stringify(pid)}], {
        terminate: { grace: 100 },
      });
      ${after}
      ${interruptWhen(pid)}`;
    const own = `process.on('SIGINT', () => { console.log(child.running, process.listenerCount('SIGINT'));
      process.exit(3); });`;
    for (const script of [program(own, ''), program('', own)]) {
      expect(await runNode(script)).toMatchObject({ code: 3, stdout: 'true 1\n' });
    }
    // The guard ends what the program left.
    await until(() => !isAlive(Number(readFileSync(pid, 'utf8'))));
  });

  it('has no listener of ours when no command runs', async () => {
    const finished = await runNode(`
      await run('true');
      console.log(process.listenerCount('SIGINT'));
      process.kill(process.pid, 'SIGINT');
      setTimeout(() => console.log('survived'), 1000);`);
    expect(finished).toEqual({ code: null, signal: 'SIGINT', stdout: '0\n', stderr: '' });
  });
});
