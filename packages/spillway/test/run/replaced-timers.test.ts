/** Fake timers: what a test runner puts in the place of Node's timers and clocks stops no run. */
import { describe, expect, it, vi } from 'vitest';
import { run, runSync, start } from '../../src/index.js';
import { backend } from '../helpers/backend.js';
import { checkForLeaks } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';

checkForLeaks();

const LARGE = 'head -c 200000 /dev/zero; sleep 0.1';

describe('With replaced timers', () => {
  it('all output of a child that writes for a while arrives, in each of several runs', async () => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'Date'],
    });
    try {
      for (let round = 0; round < 2; round++) {
        const { stdout } = await run('sh', ['-c', LARGE], { timeout: '20s' });
        expect(stdout.length).toBe(200_000);
      }
      const child = start('sh', ['-c', 'echo a; sleep 0.1; echo b']);
      const lines: string[] = [];
      for await (const line of child.stdout.lines()) lines.push(line);
      expect(lines).toEqual(['a', 'b']);
      await child.result;
      if (backend === 'posix') {
        const { reason } = runSync('sleep', ['20'], { timeout: 50, check: false });
        expect(reason).toBe('timeout');
      }
    } finally {
      vi.useRealTimers();
    }
  });

  it('a timeout and the grace period pass in real time', async () => {
    const finished = await runNode(
      `
      const never = () => ({ ref() {}, unref() {} });
      for (const kind of ['Timeout', 'Interval', 'Immediate'])
        globalThis['set' + kind] = globalThis['clear' + kind] = never;
      globalThis.queueMicrotask = never;
      performance.now = () => 0;
      process.nextTick = never;
      globalThis.Date = class { };
      const stubborn = 'trap "" TERM; echo ready; while :; do sleep 1; done';
      const options = { timeout: 300, terminate: { grace: 100 }, check: false };
      const { reason, signal, stdout, startedAt } = await run('sh', ['-c', stubborn], options);
      const text = [reason, signal, stdout, startedAt.getTime() > 1e12].join(' ');
      process._rawDebug(text);
      process.exit(0);
    `,
      { timeoutMs: 20_000 },
    );
    expect(finished).toMatchObject({ signal: null, stderr: 'timeout SIGKILL ready true\n' });
  });
});
