/** What a program sees of the library that starts its children: tried in separate Node processes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { backend, posixOnly } from '../helpers/backend.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();

const it = sideBySide(4);

const quiet = { code: 0, signal: null, stderr: '' };

describe('A program that starts children', () => {
  it('gets no unhandled rejection, and keeps no zombie, when it never asks for the results', async () => {
    const finished = await runNode(`
      import { readFileSync } from 'node:fs';
      process.on('unhandledRejection', (e) => console.log('unhandled', e));
      const killed = start('sh', ['-c', 'kill -9 $$']);
      const children = [start('false'), killed, start('sleep', ['20'], { timeout: 100 })];
      const nameOf = (pid) => {
        try { return readFileSync('/proc/' + pid + '/cmdline', 'latin1'); } catch { return ''; }
      };
      // The guard waits for the next child for a while.
      const mine = () => readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').split(' ')
        .filter((pid) => pid && !nameOf(pid).includes('spillway-guard'));
      while (children.some((child) => child.running) || mine().length > 0)
        await new Promise((resolve) => setTimeout(resolve, 5));
      console.log('no child left');
      console.log((await children[0].result.catch((e) => e)).name);
    `);
    expect(finished).toEqual({ ...quiet, stdout: 'no child left\nRunError\n' });
  });

  it('stays alive while a child runs whose streams are all ignored, and then ends by itself', async () => {
    const marker = join(scratchDirectory(), 'marker');
    const finished = await runNode(
      `
      const ignore = { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' };
      start('sh', ['-c', 'sleep 0.3; echo written >"$0"', process.argv[2]], ignore);
      start('sleep', ['0.4'], ignore).result.then(({ ok }) => console.log('awaited', ok));
    `,
      { args: [marker] },
    );
    expect(finished).toEqual({ ...quiet, stdout: 'awaited true\n' });
    expect(readFileSync(marker, 'utf8')).toBe('written\n');
  });

  it('ends at once after its children, whatever limits it has set', async () => {
    const finished = await runNode(
      "await run('true', { timeout: '1h', idleTimeout: '1h', signal: new AbortController().signal });",
      { timeoutMs: 20_000 },
    );
    expect(finished).toEqual({ ...quiet, stdout: '' });
  });

  it('learns of an exit though all listeners of SIGCHLD were removed', async () => {
    const finished = await runNode(
      `
      const child = start('sleep', ['0.2']);
      process.removeAllListeners('SIGCHLD');
      console.log((await child.result).ok);
      const began = performance.now();
      for (let i = 0; i < 20; i++) await run('true');
      console.log(performance.now() - began < 5_000);
    `,
      { timeoutMs: 20_000 },
    );
    expect(finished).toEqual({ ...quiet, stdout: 'true\ntrue\n' });
  });

  it('learns of an exit though it was started with SIGCHLD ignored', async () => {
    const finished = await runNode(
      "console.log((await run('sh', ['-c', 'exit 3'], { check: false })).exitCode)",
      {
        via: ['sh', '-c', 'trap "" CHLD; exec "$@"', 'sh'],
      },
    );
    expect(finished).toEqual({ ...quiet, stdout: '3\n' });
  });

  it.each(['<&-', '>&-', '2>&-', '<&- >&-', '>&- 2>&-', '<&- >&- 2>&-'])(
    'works when it is started with closed streams: %s',
    async (closed) => {
      const report = join(scratchDirectory(), 'report');
      const finished = await runNode(
        `
        import { writeFileSync } from 'node:fs';
        const streams = 'for fd in 0 1 2; do readlink /proc/$$/fd/$fd | cut -d: -f1; done';
        const found = [
          (await run('cat', { input: 'small' })).stdout,
          (await run('cat', { input: 'x'.repeat(300_000) })).stdout.length,
          (await run('sh', ['-c', 'cat; echo wrong >&2'], { input: 'merged ', stderr: 'stdout' })).stdout,
          (await run('sh', ['-c', streams], { input: 'x' })).stdout,
          (await run('true', { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' })).ok,
        ];
        writeFileSync(process.argv[2], JSON.stringify(found));
      `,
        { via: ['sh', '-c', `exec "$@" ${closed}`, 'sh'], args: [report] },
      );
      expect(finished.code).toBe(0);
      expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual([
        'small',
        300_000,
        'merged wrong',
        backend === 'posix' ? 'pipe\npipe\npipe' : 'socket\nsocket\nsocket',
        true,
      ]);
    },
  );

  posixOnly('libuv ends the program when its sockets get these numbers')(
    'works after it has closed its own standard streams, whose numbers go to files and pipes',
    async () => {
      const report = join(scratchDirectory(), 'report');
      const finished = await runNode(
        `
      import { closeSync, readFileSync, writeFileSync } from 'node:fs';
      const [, , report] = process.argv;
      const [file, none] = [{ file: report + '.log' }, { file: '/dev/null' }];
      // What Node opens for itself at the first child must not take the numbers.
      await run('cat', { input: 'x'.repeat(300_000) });
      for (const fd of [0, 1, 2]) closeSync(fd);
      const found = [
        (await run('cat', { input: 'small' })).stdout,
        (await run('sh', ['-c', 'echo err >&2'], { stdout: 'ignore' })).stderr,
        (await run('sh', ['-c', 'cat; echo to file; echo err >&2'], { input: 'in ', stdout: file })).stderr,
        readFileSync(file.file, 'utf8'),
        (await run('cat', { stdin: file, stderr: file })).ok,
        (await run('sh', ['-c', 'echo out; echo swapped >&2'], { stdin: none, stderr: file })).stdout,
        readFileSync(file.file, 'utf8'),
      ];
      writeFileSync(report, JSON.stringify(found));
    `,
        { args: [report] },
      );
      expect(finished.code).toBe(0);
      const found = ['small', 'err', 'err', 'in to file\n', true, 'out', 'swapped\n'];
      expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual(found);
    },
  );
});
