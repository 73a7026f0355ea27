import { expect, it } from 'vitest';
import { Slots } from '../../src/store/database/slots.js';

it('lets so many in at once, in order, whether they fail or not', async () => {
  const slots = new Slots(2);
  const begun: number[] = [];
  let now = 0;
  let most = 0;
  const all = Array.from({ length: 50 }, (_, index) =>
    slots.use(async () => {
      begun.push(index);
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      if (index % 3 === 0) throw new Error('failed');
    }),
  );
  const results = await Promise.allSettled(all);
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(17);
  expect(begun).toEqual(Array.from({ length: 50 }, (_, index) => index));
  expect([most, now]).toEqual([2, 0]);
  expect(await slots.use(async () => 'free')).toBe('free');
});
