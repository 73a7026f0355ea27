/** `terminate.ask`: a command is asked to end before it gets a signal. */
import { describe, expect, it } from 'vitest';
import { run, runSync, start } from '../../src/index.js';
import { posixOnly } from '../helpers/backend.js';
import { checkForLeaks } from '../helpers/leaks.js';

checkForLeaks();

/** Ends at the line "quit", not at SIGTERM. */
const QUITTER = 'trap "" TERM; echo ready; while read -r x; do [ "$x" = quit ] && exit 3; done; sleep 1000';
const BUSY = 'trap "exit 4" USR1; while :; do sleep 0.02; done';

describe('terminate.ask', () => {
  it('ends a command in its own way, without a signal', async () => {
    const child = start('sh', ['-c', QUITTER], {
      stdin: 'pipe',
      check: false,
      terminate: { grace: '30s', ask: ({ stdin }) => stdin?.end('quit\n') },
    });
    await child.stdout.until('ready');
    await child.terminate();
    expect(await child.result).toMatchObject({ exitCode: 3, signal: undefined });
  });

  it('is followed by the signal after the grace period', async () => {
    let asked = 0;
    const terminate = { grace: 100, ask: () => void asked++ };
    const result = await run('sleep', ['1000'], { timeout: 50, terminate, check: false });
    expect(result).toMatchObject({ reason: 'timeout', signal: 'SIGTERM' });
    expect([asked, result.durationMs > 140]).toEqual([1, true]);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('no'))],
    [
      'rejects',
      () => {
        throw new Error('no');
      },
    ],
  ])('is followed by the signal at once when it %s', async (_what, ask) => {
    const terminate = { grace: '30s', ask };
    const { signal, durationMs } = await run('sleep', ['1000'], { timeout: 50, terminate, check: false });
    expect(signal).toBe('SIGTERM');
    expect(durationMs).toBeLessThan(20_000);
  });

  posixOnly('runSync needs posix_spawn')('works in runSync(), where it may send a signal of its own', () => {
    const terminate = { grace: '30s', ask: ({ kill }: { kill(signal: number): boolean }) => kill(10) };
    const options = { timeout: 2000, terminate, check: false } as const;
    expect(runSync('sh', ['-c', BUSY], options)).toMatchObject({ reason: 'timeout', exitCode: 4 });
  });
});
