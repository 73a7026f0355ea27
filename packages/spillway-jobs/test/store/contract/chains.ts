import { expect, it } from 'vitest';
import type { JobState } from '../../../src/job/index.js';
import type { Place } from '../../helpers/places.js';
import { addOne, failure, outcome, runNext, spec, take, workerSpec } from '../../helpers/stores.js';

const after = (...ids: number[]) => ids.map((id) => ({ id, ok: false }));
const afterOk = (...ids: number[]) => ids.map((id) => ({ id, ok: true }));

export function chainsContract(place: Place): void {
  async function states(): Promise<JobState[]> {
    return (await place.store.list({})).map(({ state }) => state).reverse();
  }

  it('begins jobs when those that they wait for have ended, well where they need that', async () => {
    const { store } = place;
    const first = await addOne(store);
    const second = await addOne(store, { after: afterOk(first) });
    const third = await addOne(store, { after: after(second) });
    const worker = await store.enrol(workerSpec());
    expect(await states()).toEqual(['queued', 'waiting', 'waiting']);
    await runNext(store, worker, first);
    expect(await states()).toEqual(['succeeded', 'queued', 'waiting']);
    await runNext(store, worker, second, failure());
    expect(await states()).toEqual(['succeeded', 'failed', 'queued']);
    await runNext(store, worker, third);
    expect(await take(store, worker)).toEqual([]);
  });

  it('skips a whole chain when its first job has failed, and what only follows it not', async () => {
    const { store } = place;
    const first = await addOne(store, { retries: 1 });
    const second = await addOne(store, { after: afterOk(first), onEnd: 'x' });
    await addOne(store, { after: afterOk(second) });
    const fourth = await addOne(store, { after: [...after(second), ...after(first)] });
    const worker = await store.enrol(workerSpec());
    await runNext(store, worker, first, failure());
    expect(await states()).toEqual(['queued', 'waiting', 'waiting', 'waiting']);
    await runNext(store, worker, first, failure());
    expect(await states()).toEqual(['failed', 'skipped', 'skipped', 'queued']);
    expect((await store.get(second))?.note).toBe(`job ${first}, which it needs, has failed`);
    expect((await store.takeEnded()).map(({ info }) => info.id)).toEqual([second]);
    await runNext(store, worker, fourth);
  });

  it('looks at what has ended before the job was added', async () => {
    const { store } = place;
    const good = await addOne(store);
    const bad = await addOne(store);
    const worker = await store.enrol(workerSpec());
    await runNext(store, worker, good);
    await runNext(store, worker, bad, failure());
    await addOne(store, { after: afterOk(good) });
    await addOne(store, { after: after(bad) });
    await addOne(store, { after: afterOk(good, bad) });
    expect((await states()).slice(2)).toEqual(['queued', 'queued', 'skipped']);
  });

  it('goes on after a stopped job, and with a skipped one that is tried again', async () => {
    const { store } = place;
    const first = await addOne(store);
    const second = await addOne(store, { after: afterOk(first) });
    await addOne(store, { after: after(first) });
    await store.stop(first);
    expect(await states()).toEqual(['stopped', 'skipped', 'queued']);
    expect(await store.retry(second)).toBe(true);
    expect(await states()).toEqual(['stopped', 'queued', 'queued']);
  });

  it('begins a job once when all that it waits for ends at the same moment', async () => {
    const { store } = place;
    const worker = await store.enrol(workerSpec());
    for (let round = 0; round < 15; round++) {
      const needed = await store.add(Array.from({ length: 4 }, () => spec()));
      const ids = needed.map(({ id }) => id);
      const last = await addOne(store, {
        group: 'last',
        after: [...after(...ids), ...afterOk(ids[0] as number)],
      });
      await take(store, worker, 4);
      await Promise.all(ids.map((job) => store.settle(worker, [{ job, number: 1, outcome: outcome() }])));
      expect((await store.get(last))?.state).toBe('queued');
      expect((await take(store, worker, 5, 'last')).map(({ job }) => job)).toEqual([last]);
    }
  });

  it('misses no end of a job that another is just being added after', async () => {
    const { store } = place;
    const worker = await store.enrol(workerSpec());
    for (let count = 0; count < 30; count++) {
      const first = await addOne(store);
      const [claim] = await take(store, worker);
      expect(claim?.job).toBe(first);
      const [second] = await Promise.all([
        addOne(store, { group: 'last', after: after(first) }),
        // At a different point of the other call each time.
        new Promise((resolve) => setTimeout(resolve, (count % 6) / 2)).then(() =>
          store.settle(worker, [{ job: first, number: 1, outcome: outcome() }]),
        ),
      ]);
      expect((await store.get(second))?.state).toBe('queued');
    }
  });
}
