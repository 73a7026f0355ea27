import { describe, expect, it } from 'vitest';
import { RunError, start } from '../../src/index.js';
import { errorOf } from '../helpers/errors.js';
import { checkForLeaks, isAlive } from '../helpers/leaks.js';
import { untilItWaits } from '../helpers/processes.js';

checkForLeaks();

describe('Leaving the loop', () => {
  it.each(['auto', 'stream'] as const)(
    'over the lines of yes ends the child at once (%s)',
    async (stdout) => {
      const child = start('yes', { stdout, terminate: { grace: '1m' } });
      let count = 0;
      for await (const line of child.stdout.lines()) {
        expect(line).toBe('y');
        if (++count === 1000) break;
      }
      const result = await child.result;
      expect(result.ok).toBe(true);
      expect(result.durationMs).toBeLessThan(10_000);
      expect(isAlive(child.pid)).toBe(false);
    },
  );

  it('over chunks or batches ends the child, even before anything came', async () => {
    const chunks = start('yes');
    for await (const chunk of chunks.stdout) if (chunk.length > 0) break;
    expect((await chunks.result).ok).toBe(true);
    const batches = start('yes', { stdout: 'stream' });
    for await (const batch of batches.stdout.lineBatches()) if (batch.length > 0) break;
    expect((await batches.result).ok).toBe(true);
    const silent = start('sleep', ['20']);
    await silent.stdout.lines().return?.();
    expect((await silent.result).ok).toBe(true);
  });

  it('by an error in its body ends the child', async () => {
    const child = start('yes');
    const loop = async () => {
      for await (const _ of child.stdout.lines()) throw new Error('enough');
    };
    await expect(loop()).rejects.toThrow('enough');
    await child.result;
    expect(child.running).toBe(false);
  });

  it('by destroying the Node stream ends the child', async () => {
    const child = start('yes', { stdout: 'stream' });
    const stream = child.stdout.stream();
    stream.once('data', () => stream.destroy());
    expect((await child.result).ok).toBe(true);
  });
});

describe('A reader of a live stream', () => {
  it('is the only one: a second gets a clear error', async () => {
    const child = start('echo', ['x']);
    const lines = child.stdout.lines();
    expect((await lines.next()).value).toBe('x');
    const again = async () => {
      for await (const _ of child.stdout.lines());
    };
    await expect(again()).rejects.toThrow(/is being read already/);
    await expect((async () => child.stdout.lineBatches().next())()).rejects.toThrow(/is being read already/);
    await expect(child.stdout.text()).rejects.toThrow(/is being read already/);
    await child.result;
    await expect(child.stdout.text()).rejects.toThrow(/is being read already, or has been/);
  });

  it('may call next() several times at once, and gets the lines in order', async () => {
    const child = start('sh', ['-c', 'seq 1 5; sleep 0.1; seq 6 10; sleep 0.1; printf 11']);
    const lines = child.stdout.lines();
    const results = await Promise.all(Array.from({ length: 14 }, () => lines.next()));
    expect(results.map(({ value }) => value)).toEqual([
      ...Array.from({ length: 11 }, (_, i) => String(i + 1)),
      undefined,
      undefined,
      undefined,
    ]);
    expect(results.map(({ done }) => done)).toEqual([...Array(11).fill(false), true, true, true]);
  });

  it('of chunks and of batches may call next() several times at once', async () => {
    const child = start('sh', ['-c', 'echo 1; sleep 0.1; echo 2 >&2; sleep 0.1; echo 3']);
    const chunks = child.stdout[Symbol.asyncIterator]();
    const batches = child.stderr.lineBatches();
    const read = await Promise.all([
      chunks.next(),
      chunks.next(),
      chunks.next(),
      batches.next(),
      batches.next(),
    ]);
    expect(read.map(({ value }) => value && String(value).trim())).toEqual([
      '1',
      '3',
      undefined,
      '2',
      undefined,
    ]);
    expect((await chunks.next()).done).toBe(true);
  });

  it('gets an error at a line of 100 MB, not 100 MB in memory', async () => {
    const child = start('sh', ['-c', 'echo short; head -c 100000000 /dev/zero; echo'], { check: false });
    const lines = child.stdout.lines();
    expect((await lines.next()).value).toBe('short');
    await expect(lines.next()).rejects.toThrow(
      /a line is longer than 67108864 bytes; raise lines\(\{ maxLength \}\)/,
    );
    expect((await lines.next()).done).toBe(true);
    const error = await errorOf(child.result, RunError);
    expect(error.result.reason).toBe('error');
    expect(error.cause).toMatchObject({ code: 'ERR_LINE_TOO_LONG' });
  });

  it('can raise the limit on the length of a line', async () => {
    const child = start('sh', ['-c', 'head -c 100000000 /dev/zero; echo; echo short'], { stdout: 'stream' });
    const lengths: number[] = [];
    for await (const line of child.stdout.lines({ maxLength: 2e8 })) lengths.push(line.length);
    expect(lengths).toEqual([100_000_000, 5]);
  });
});

describe('await using', () => {
  it('ends the child at the end of its scope', async () => {
    let pid = 0;
    {
      await using child = start('sleep', ['20']);
      pid = child.pid;
      expect(isAlive(pid)).toBe(true);
    }
    expect(isAlive(pid)).toBe(false);
  });

  it('ends the child when the scope ends by an error before the loop has begun', async () => {
    let pid = 0;
    const scope = async () => {
      await using child = start('yes', { stdout: 'stream' });
      pid = child.pid;
      await untilItWaits(pid);
      throw new Error('out of here');
    };
    await expect(scope()).rejects.toThrow('out of here');
    expect(isAlive(pid)).toBe(false);
  });

  it('does nothing to a child that has ended', async () => {
    await using child = start('echo', ['x']);
    expect((await child.result).stdout).toBe('x');
  });
});
