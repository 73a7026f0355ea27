/** So many commands at a time. */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { $, mapLimit, OptionError, RunError } from '../../src/index.js';
import { checkForLeaks, isAlive } from '../helpers/leaks.js';

checkForLeaks();

/** Calls that settle when the test says so. */
function controlled() {
  const under = new Map<
    number,
    { resolve(value: unknown): void; reject(error: unknown): void; signal: AbortSignal }
  >();
  const call = (item: number, { signal }: { signal: AbortSignal }) =>
    new Promise((resolve, reject) => {
      const left = () => under.delete(item);
      under.set(item, {
        resolve: (value) => left() && resolve(value),
        reject: (error) => left() && reject(error),
        signal,
      });
    });
  return { under, call, running: () => [...under.keys()] };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('mapLimit', () => {
  it('gives the results in the order of the items', async () => {
    const results = await mapLimit([3, 1, 2], 2, (n) => $`sh -c ${`sleep 0.0${n}; echo ${n}`}`.text());
    expect(results).toEqual(['3', '1', '2']);
    expect(await mapLimit([], 1, () => 1)).toEqual([]);
    expect(await mapLimit(new Set(['a']), 5, (item, { index }) => item + index)).toEqual(['a0']);
  });

  it('has at most so many under way, and takes an item when there is room', async () => {
    const { under, call, running } = controlled();
    const taken: number[] = [];
    function* items() {
      for (let n = 0; n < 5; n++) {
        taken.push(n);
        yield n;
      }
    }
    const all = mapLimit(items(), 2, call);
    await turn();
    expect([running(), taken]).toEqual([
      [0, 1],
      [0, 1],
    ]);
    under.get(1)?.resolve('b');
    await turn();
    expect([running(), taken]).toEqual([
      [0, 2],
      [0, 1, 2],
    ]);
    for (const n of [0, 2]) under.get(n)?.resolve(n);
    await turn();
    expect(running()).toEqual([3, 4]);
    for (const n of [3, 4]) under.get(n)?.resolve(n);
    expect(await all).toEqual([0, 'b', 2, 3, 4]);
  });

  it('takes items as they come', async () => {
    async function* items() {
      yield 'a';
      await turn();
      yield 'b';
    }
    expect(await mapLimit(items(), 3, async (item) => item.toUpperCase())).toEqual(['A', 'B']);
    const lines = await mapLimit($`seq 1 20`.lines(), 4, (line) => Number(line) * 2);
    expect(lines).toHaveLength(20);
  });

  it('ends the commands under way at the first failure, and settles when they are gone', async () => {
    const pids: number[] = [];
    const begun: number[] = [];
    const error = await mapLimit([0, 1, 2, 3, 4], 3, async (n, { signal }) => {
      begun.push(n);
      if (n < 2) {
        const child = $({ signal }).sh`echo $$; exec sleep 60`.start();
        pids.push(child.pid);
        return child.result;
      }
      return $`sh -c 'echo why >&2; exit 7'`;
    }).catch((reason) => reason);
    expect(error).toBeInstanceOf(RunError);
    expect(error.result.exitCode).toBe(7);
    expect(begun).toEqual([0, 1, 2]);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('waits for calls that do not listen, and leaves its items', async () => {
    const { under, call, running } = controlled();
    let isLeft = false;
    function* items() {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        isLeft = true;
      }
    }
    let isSettled = false;
    const all = mapLimit(items(), 2, call).finally(() => {
      isSettled = true;
    });
    all.catch(() => {});
    await turn();
    const { signal } = under.get(0) as { signal: AbortSignal };
    under.get(1)?.reject('first');
    await turn();
    expect([isSettled, isLeft, signal.aborted, signal.reason, running()]).toEqual([
      false,
      true,
      true,
      'first',
      [0],
    ]);
    under.get(0)?.reject('second');
    await expect(all).rejects.toBe('first');
  });

  it('gathers all when it is asked to', async () => {
    const settled = await mapLimit(['true', 'false'], 1, (name) => $`${name}`, { gather: true });
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((settled[1] as PromiseRejectedResult).reason).toBeInstanceOf(RunError);
    expect((settled[0] as PromiseFulfilledResult<{ ok: boolean }>).value.ok).toBe(true);
  });

  it('stops when it is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const all = mapLimit([1, 2, 3], 2, (_, { signal }) => $({ signal })`sleep 60`, {
      signal: controller.signal,
    });
    await turn();
    controller.abort(reason);
    await expect(all).rejects.toBe(reason);
    const never = () => {
      throw new Error('called');
    };
    await expect(mapLimit([1], 1, never, { signal: controller.signal })).rejects.toBe(reason);
    const gathered = mapLimit([1], 1, never, { gather: true, signal: new AbortController().signal });
    expect(await gathered).toHaveLength(1);
    const other = new AbortController();
    await mapLimit([1], 1, () => 1, { signal: other.signal });
    expect(getEventListeners(other.signal, 'abort')).toEqual([]);
  });

  it('fails when its items do, or do not come', async () => {
    function* broken() {
      yield 1;
      throw new Error('no more');
    }
    await expect(mapLimit(broken(), 1, () => 1)).rejects.toThrow('no more');
    async function* brokenLater() {
      yield 1;
      await turn();
      throw new Error('no more later');
    }
    await expect(mapLimit(brokenLater(), 3, () => 1)).rejects.toThrow('no more later');
    async function* never() {
      yield 1;
      await new Promise(() => {});
    }
    await expect(
      mapLimit(never(), 3, (): Promise<never> => Promise.reject(new Error('failed'))),
    ).rejects.toThrow('failed');
  });

  const cases: [string, unknown[]][] = [
    ['limit', [[1], 0, () => 1]],
    ['limit', [[1], 1.5, () => 1]],
    ['limit', [[1], '6', () => 1]],
    ['call', [[1], 1, undefined]],
    ['items', [5, 1, () => 1]],
    ['items', [undefined, 1, () => 1]],
    ['gather', [[1], 1, () => 1, { gather: 1 }]],
    ['signal', [[1], 1, () => 1, { signal: 1 }]],
    ['progress', [[1], 1, () => 1, { progress: 5 }]],
    ['concurrency', [[1], 1, () => 1, { concurrency: 1 }]],
  ];
  it.each(cases)('refuses a wrong %s', async (name, args) => {
    const call = mapLimit as unknown as (...args: unknown[]) => Promise<unknown>;
    await expect(call(...args)).rejects.toBeInstanceOf(OptionError);
    await expect(call(...args)).rejects.toThrow(name);
  });
});
