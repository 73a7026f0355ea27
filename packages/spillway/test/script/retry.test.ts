/** Another try after a failure. */
import { getEventListeners } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { $, OptionError, RunError, retry, run } from '../../src/index.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';

checkForLeaks();

describe('retry', () => {
  it('calls again until it succeeds', async () => {
    const path = join(scratchDirectory(), 'tries');
    const attempts: number[] = [];
    const last = await retry({ times: 5, delay: 1 }, (attempt) => {
      attempts.push(attempt);
      return $.sh`printf x >> ${path}; test "$(wc -c < ${path})" -ge 3 && echo enough`;
    });
    expect(last.stdout).toBe('enough');
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('gives what the first call gives, without waiting', async () => {
    expect(await retry(1, () => 'a')).toBe('a');
    expect(await retry({ delay: '1h' }, async () => 'b')).toBe('b');
  });

  it('throws the last error as it is', async () => {
    const error = await retry({ times: 2, delay: 0 }, (attempt) =>
      run('sh', ['-c', `exit ${attempt}`]),
    ).catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error.result.exitCode).toBe(2);
    let calls = 0;
    const fail = () => {
      calls++;
      throw 'text';
    };
    await expect(retry({ delay: 0 }, fail)).rejects.toBe('text');
    expect(calls).toBe(3);
  });

  it('does not repeat a mistake in the call', async () => {
    const call = vi.fn(() => run('true', { timeuot: 1 } as object));
    await expect(retry({ times: 5, delay: '1h' }, call)).rejects.toBeInstanceOf(OptionError);
    expect(call).toHaveBeenCalledTimes(1);
    await expect(retry({ times: 5, delay: '1h' }, () => $`a ; b`)).rejects.toBeInstanceOf(SyntaxError);
  });

  it('asks whether an error is worth it', async () => {
    const asked: number[] = [];
    const when = async (error: unknown, attempt: number) => {
      asked.push(attempt);
      return (error as RunError).result.exitCode === 1;
    };
    const error = await retry({ times: 9, delay: 0, when }, (attempt) =>
      run('sh', ['-c', `exit ${attempt}`]),
    ).catch((e) => e);
    expect(error.result.exitCode).toBe(2);
    expect(asked).toEqual([1, 2]);
  });

  it('waits longer each time', async () => {
    const times: number[] = [];
    const call = () => {
      times.push(performance.now());
      throw new Error('no');
    };
    await retry({ times: 4, delay: 20, maxDelay: 40, jitter: false }, call).catch(() => {});
    const waits = times.slice(1).map((time, index) => time - (times[index] as number));
    expect(waits[0]).toBeGreaterThan(18);
    expect(waits[1]).toBeGreaterThan(38);
    expect(waits[2]).toBeGreaterThan(38);
  });

  it('ends its wait when it is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const call = vi.fn(() => {
      setImmediate(() => controller.abort(reason));
      throw new Error('no');
    });
    const { signal } = controller;
    await expect(retry({ delay: '1h', jitter: false, signal }, call)).rejects.toBe(reason);
    expect(call).toHaveBeenCalledTimes(1);
    await expect(retry({ signal }, call)).rejects.toBe(reason);
    expect(call).toHaveBeenCalledTimes(1);
    const other = new AbortController();
    await retry({ times: 3, delay: 0, signal: other.signal }, (attempt) => {
      if (attempt < 3) throw new Error('no');
    });
    expect(getEventListeners(other.signal, 'abort')).toEqual([]);
  });

  it('throws the error of a command that the abort has ended', async () => {
    const signal = AbortSignal.timeout(100);
    const error = await retry({ times: 3, signal }, () => $({ signal })`sleep 60`).catch((e) => e);
    expect(error).toMatchObject({ code: 'ERR_RUN_ABORT' });
  });

  it.each([
    ['times', 0],
    ['times', 1.5],
    ['times', Number.NaN],
    ['times', '3'],
    ['delay', -1],
    ['maxDelay', 'long'],
    ['jitter', 1],
    ['when', true],
    ['signal', {}],
    ['attempts', 3],
  ])('refuses %s: %j', async (name, value) => {
    await expect(retry({ [name]: value }, () => 1)).rejects.toBeInstanceOf(OptionError);
    await expect(retry({ [name]: value }, () => 1)).rejects.toThrow(name);
    await expect(retry(3, undefined as never)).rejects.toThrow('call');
  });
});
