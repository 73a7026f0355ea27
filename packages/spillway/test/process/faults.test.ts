/** What may go wrong at the worst moment of a child's life. */
import { describe, expect, it } from 'vitest';
import { RunError, run, start } from '../../src/index.js';
import { backend } from '../helpers/backend.js';
import { checkForLeaks, isAlive, until } from '../helpers/leaks.js';
import { stateOf } from '../helpers/processes.js';
import { runNode } from '../helpers/programs.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();

/** `npm run stress` has the thousand of the second backend. */
const LOOPS = backend === 'posix' ? 1000 : 60;

describe('An abort in the same tick as the start', () => {
  it('ends the child, and all that it has started by then', async () => {
    for (let i = 0; i < 50; i++) {
      const controller = new AbortController();
      const child = start('sh', ['-c', 'sleep 30 & wait'], { signal: controller.signal, check: false });
      controller.abort();
      expect(await child.result).toMatchObject({ reason: 'abort', ok: false });
      expect(isAlive(child.pid)).toBe(false);
    }
  });

  it('makes run() reject with the result', async () => {
    const controller = new AbortController();
    const promise = run('sleep', ['30'], { signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    const error = await promise.catch((reason) => reason);
    expect(error).toBeInstanceOf(RunError);
    expect(error.result.reason).toBe('abort');
    expect(error.message).toContain('changed my mind');
  });
});

describe('A command that exits at the moment of its timeout', () => {
  it(`has either exited or timed out, ${LOOPS} times`, async () => {
    const outcomes = { exit: 0, timeout: 0 };
    for (let done = 0; done < LOOPS; done += 20) {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          run('sh', ['-c', 'trap "exit 7" TERM; sleep 0.02 & wait; echo whole'], {
            timeout: 15 + i,
            check: false,
          }),
        ),
      );
      for (const { reason, ok, exitCode, signal, stdout } of results) {
        expect(['exit', 'timeout']).toContain(reason);
        outcomes[reason as keyof typeof outcomes]++;
        expect(ok).toBe(reason === 'exit');
        if (reason === 'exit') expect([exitCode, stdout]).toEqual([0, 'whole']);
        else expect([0, 7, undefined]).toContain(exitCode);
        expect([undefined, 'SIGTERM']).toContain(signal);
      }
    }
    expect(outcomes.exit + outcomes.timeout).toBe(LOOPS);
  });
});

describe('A stopped child', () => {
  const it = sideBySide();

  it.each([
    ['in its group', 'kill -STOP $$'],
    ['with a stopped daemon', "setsid sh -c 'echo $$; kill -STOP $$' & wait"],
  ])('%s is ended by the first signal of its timeout', async (_, script) => {
    const child = start('sh', ['-c', `echo $$; ${script}`], {
      timeout: 1000,
      terminate: { grace: '1m' },
      check: false,
    });
    const lines = child.stdout.lines();
    const pid = Number((await lines.next()).value);
    if (script.startsWith('kill')) await until(() => stateOf(pid) === 'T');
    const result = await child.result;
    expect(result).toMatchObject({ reason: 'timeout', signal: 'SIGTERM' });
    expect(result.durationMs).toBeLessThan(20_000);
    expect(isAlive(pid)).toBe(false);
  });
});

describe('A program without a free descriptor', () => {
  it('ends its children, those in sessions of their own included', async () => {
    const script = `
      import { openSync, closeSync } from 'node:fs';
      const twoSessions = "echo $$; setsid sh -c 'echo $$; exec sleep 300' & wait";
      const child = start('sh', ['-c', twoSessions], { check: false });
      const lines = child.stdout.lines();
      const pids = [(await lines.next()).value, (await lines.next()).value];
      const opened = [];
      try { for (;;) opened.push(openSync('/dev/null', 'r')); }
      catch (error) { if (error.code !== 'EMFILE') throw error; }
      await child.terminate();
      const { signal, durationMs } = await child.result;
      for (const fd of opened) closeSync(fd);
      console.log(JSON.stringify({ pids, signal, inTime: durationMs < 4900 }));
    `;
    const { stdout, stderr } = await runNode(script, { via: ['sh', '-c', 'ulimit -n 60; exec "$@"', 'sh'] });
    expect(stderr).toBe('');
    const { pids, signal, inTime } = JSON.parse(stdout);
    // The grace period was not needed: the first signal reached them all.
    expect(inTime).toBe(true);
    expect(signal).toBe('SIGTERM');
    expect(pids.map((pid: string) => isAlive(Number(pid)))).toEqual([false, false]);
  });
});
