/** Moving jobs from one database to another. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, type OpenOptions, openStore, type Store } from '../../src/store/index.js';
import { Postgres, postgresObstacle } from '../helpers/postgres.js';
import { addOne, failure, fence, outcome, runNext, spec, take, workerSpec } from '../helpers/stores.js';

const title = 'moving jobs between PostgreSQL and the embedded database';

describe.skipIf(postgresObstacle !== undefined)(
  postgresObstacle ? `${title} (skipped: ${postgresObstacle})` : title,
  () => {
    let server: Postgres;
    let directory: string;
    beforeAll(async () => {
      server = await Postgres.start();
      directory = mkdtempSync(join(tmpdir(), 'spillway-jobs-'));
    });
    afterAll(async () => {
      await server.end();
      rmSync(directory, { recursive: true, force: true });
    });

    async function within<T>(options: OpenOptions, body: (store: Store) => Promise<T>): Promise<T> {
      await using store = await openStore(options);
      return await body(store);
    }

    it('takes all along there and back, and lets what is open go on in the new place alone', async () => {
      const here = { stateDirectory: directory };
      const there = { url: await server.create('there') };
      const back = { stateDirectory: join(directory, 'back') };
      const deadline = new Date('2999-01-01T00:00:00Z');
      const before = await within(here, async (store) => {
        const worker = await store.enrol(workerSpec());
        const good = await addOne(store, { argv: ['a\u001b', '\udcff', 'x'.repeat(300_000)] });
        await take(store, worker);
        await store.commit(worker, [fence(good, 1)]);
        const pieces = Array.from({ length: 250 }, (_, seq) => ({
          ...{ job: good, number: 1, seq, at: new Date(), stream: 'stdout' as const, gap: 0 },
          bytes: Buffer.from([0, 255, seq]),
        }));
        await store.appendLog(worker, pieces);
        await store.settle(worker, [{ job: good, number: 1, outcome: outcome() }]);
        await runNext(store, worker, await addOne(store), failure());
        const lost = await addOne(store, { retries: 2 });
        await take(store, worker);
        await store.commit(worker, [fence(lost, 1)]);
        await store.stop(await addOne(store));
        const waiting = await addOne(store, { after: [{ id: lost, ok: true }], deadline, unique: 'w' });
        await addOne(store, { delayMs: 3_600_000, group: 'net' });
        await store.setGroupLimit('net', 3);
        await store.addSchedule('0 3 * * *', 'UTC', { ...spec(), group: 'cron' }, deadline);
        // It dies: one attempt is lost, and its fence is known.
        expect(await store.takeFromDead(() => true)).toBe(1);
        return { jobs: await store.list({}), log: await store.log(good, 1, -1), good, lost, waiting };
      });
      expect(await migrate(here, there)).toEqual({ jobs: 6, open: 3, schedules: 1 });
      await within(here, async (store) => {
        expect((await store.list({ states: ['queued', 'waiting', 'running'] })).length).toBe(0);
        expect((await store.get(before.waiting))?.note).toMatch(/^moved to postgres:/);
        expect(await store.schedules()).toEqual([]);
        const worker = await store.enrol(workerSpec());
        expect(await store.claim(worker, new Map([['default', 9]]), 1000)).toEqual([]);
        await store.leave(worker);
      });
      expect(await migrate(there, back)).toEqual({ jobs: 6, open: 3, schedules: 1 });
      await within(back, async (store) => {
        expect(await store.list({})).toEqual(before.jobs);
        expect(await store.log(before.good, 1, -1)).toEqual(before.log);
        expect(await store.groupLimits()).toEqual(new Map([['net', 3]]));
        expect(await store.schedules()).toMatchObject([{ cron: '0 3 * * *', next: deadline }]);
        const worker = await store.enrol(workerSpec());
        const [claim] = await take(store, worker);
        expect(claim).toMatchObject({ job: before.lost, number: 2, lost: { fence: fence(before.lost, 1) } });
        await store.settle(worker, [{ job: before.lost, number: 2, outcome: outcome() }]);
        await runNext(store, worker, before.waiting);
        // Numbers go on where they were.
        expect(await addOne(store)).toBe(7);
      });
    });

    it('refuses a place that has jobs, the same place, and one where a worker is at work', async () => {
      const full = { url: await server.create('filled') };
      const empty = { url: await server.create('empty') };
      const id = await within(full, (store) => addOne(store));
      const busy = (words: RegExp) => ({ code: 'ERR_JOBS_BUSY', message: expect.stringMatching(words) });
      await expect(migrate(empty, full)).rejects.toMatchObject(busy(/there are jobs.*\/filled/));
      await expect(migrate(full, full)).rejects.toMatchObject(busy(/the same place/));
      const worker = await within(full, async (store) => store.enrol(workerSpec()));
      await expect(migrate(full, empty)).rejects.toMatchObject(busy(/workers are at work.*here-1/));
      await within(full, async (store) => {
        await take(store, worker);
        await store.leave(worker);
      });
      await expect(migrate(full, empty)).rejects.toMatchObject(busy(/workers are at work.*here-1/));
      await within(full, async (store) => {
        expect((await store.get(id))?.state).toBe('running');
        await store.settle(worker, [{ job: id, number: 1, outcome: outcome() }]);
      });
      expect(await migrate(full, empty)).toEqual({ jobs: 1, open: 0, schedules: 0 });
    });
  },
);
