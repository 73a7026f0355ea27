/** Calls to the storage that go together. */
import { describe, expect, it } from 'vitest';
import { Alarm } from '../../src/worker/alarm.js';
import { Batch } from '../../src/worker/batch.js';

describe('A batch', () => {
  it('hands over at once what came during the last call, and gives each its own result', async () => {
    const calls: number[][] = [];
    let open = () => {};
    const batch = new Batch<number, number>(async (items) => {
      calls.push([...items]);
      if (calls.length === 1) await new Promise<void>((resolve) => (open = resolve));
      return (item) => item * 10;
    }, 3);
    const first = [batch.add(1), batch.add(2)];
    await new Promise((resolve) => setImmediate(resolve));
    const rest = [3, 4, 5, 6].map((item) => batch.add(item));
    open();
    expect(await Promise.all([...first, ...rest])).toEqual([10, 20, 30, 40, 50, 60]);
    expect(calls).toEqual([[1, 2], [3, 4, 5], [6]]);
  });

  it('rejects all that went together, and goes on with the next', async () => {
    let isAway = true;
    const batch = new Batch<number, number>(async () => {
      if (isAway) throw new Error('away');
      return (item) => item;
    });
    const both = await Promise.allSettled([batch.add(1), batch.add(2)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isAway = false;
    expect(await batch.add(3)).toBe(3);
  });
});

describe('An alarm', () => {
  it('ends a wait, and one that begins after it rang, until it is reset', async () => {
    const alarm = new Alarm();
    const waiting = alarm.wait(60_000);
    alarm.ring();
    await waiting;
    await alarm.wait(60_000);
    alarm.reset();
    const before = performance.now();
    await alarm.wait(50);
    expect(performance.now() - before).toBeGreaterThan(40);
  });
});
