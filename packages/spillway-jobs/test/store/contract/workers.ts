import { expect, it } from 'vitest';
import type { Place } from '../../helpers/places.js';
import { addOne, failure, fence, outcome, runNext, spec, take, workerSpec } from '../../helpers/stores.js';

const lost = failure({ reason: 'lost', message: 'its lease ran out' });

export function workersContract(place: Place): void {
  it('makes a job succeed with its outcome', async () => {
    const { store } = place;
    const id = await addOne(store, { onEnd: 'cat' });
    const worker = await store.enrol(workerSpec());
    const [claim] = await take(store, worker);
    expect(claim).toMatchObject({ job: id, number: 1, lost: undefined });
    expect(await store.commit(worker, [fence(id, 1)])).toEqual(new Set([id]));
    expect(await store.lastAttempt(id)).toEqual({
      ...{ number: 1, worker, fence: fence(id, 1), isEnded: false },
    });
    expect((await store.beat(worker, 60_000)).held).toEqual(new Map([[id, 1]]));
    const ended = await store.settle(worker, [{ job: id, number: 1, outcome: outcome() }]);
    expect(ended).toMatchObject([{ info: { id, state: 'succeeded', outcome: outcome() }, onEnd: 'cat' }]);
    // It is told once, and held no more.
    expect(await store.takeEnded()).toEqual([]);
    expect(await store.settle(worker, [{ job: id, number: 1, outcome: failure() }])).toEqual([]);
    expect((await store.beat(worker, 60_000)).held).toEqual(new Map());
  });

  it('offers a job again whose delivery was taken, but not the job', async () => {
    const { store } = place;
    const id = await addOne(store);
    await place.sql(`update spillway_jobs_queue.job set state = 'active'`);
    const worker = await store.enrol(workerSpec());
    expect(await take(store, worker)).toEqual([]);
    await store.tidy({ ageMs: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY });
    expect(await take(store, worker)).toMatchObject([{ job: id, number: 1 }]);
  });

  it('tries a failed job again after a pause that doubles, and ends it after the last', async () => {
    const { store } = place;
    const id = await addOne(store, { retries: 3, backoffMs: 100_000 });
    const worker = await store.enrol(workerSpec());
    for (const pause of [100_000, 200_000, 400_000]) {
      await runNext(store, worker, id, failure());
      const info = await store.get(id);
      expect(info?.state).toBe('queued');
      expect(info?.runAt.getTime()).toBe((info?.since.getTime() as number) + pause);
      expect(await take(store, worker)).toEqual([]);
      await hurry(place);
    }
    const ended = await runNext(store, worker, id, failure());
    expect(ended).toMatchObject([{ info: { state: 'failed', attempt: 4, attempts: 4 } }]);
  });

  it('waits an hour at most', async () => {
    const { store } = place;
    const id = await addOne(store, { retries: Number.POSITIVE_INFINITY, backoffMs: 3_000_000 });
    const worker = await store.enrol(workerSpec());
    for (const pause of [3_000_000, 3_600_000]) {
      await runNext(store, worker, id, failure());
      const info = await store.get(id);
      expect(info?.runAt.getTime()).toBe((info?.since.getTime() as number) + pause);
      await hurry(place);
    }
  });

  it('offers a job whose lease ran out to another worker, and tells where the last attempt ran', async () => {
    const { store } = place;
    const id = await addOne(store);
    const first = await store.enrol(workerSpec({ name: 'a' }));
    const second = await store.enrol(workerSpec({ name: 'b' }));
    await take(store, first, 1, 'default', 60_000);
    await store.commit(first, [fence(id, 1)]);
    expect(await store.takeFromDead(() => false)).toBe(0);
    await expireLeases(place, 5);
    expect(await store.takeFromDead(() => false)).toBe(1);
    expect(await store.get(id)).toMatchObject({ state: 'queued', attempt: 1, attempts: 2 });
    expect((await store.beat(first, 60_000)).held).toEqual(new Map());
    const [claim] = await take(store, second);
    expect(claim).toMatchObject({ job: id, number: 2, lost: { fence: fence(id, 1) } });
    expect(claim?.lost?.msSinceLeaseOver).toBeGreaterThanOrEqual(5000);
    expect(claim?.lost?.msSinceLeaseOver).toBeLessThan(60_000);
    // The first one can do nothing to it any more.
    expect(await store.commit(first, [fence(id, 1)])).toEqual(new Set());
    expect(await store.settle(first, [{ job: id, number: 1, outcome: outcome() }])).toEqual([]);
    await store.settle(second, [{ job: id, number: 2, outcome: outcome() }]);
    expect(await store.get(id)).toMatchObject({ state: 'succeeded', worker: 'b' });
  });

  it('does not forget a fence when the attempt after it is lost before it has its own', async () => {
    const { store } = place;
    const id = await addOne(store);
    const worker = await store.enrol(workerSpec());
    await take(store, worker);
    await store.commit(worker, [fence(id, 1)]);
    for (const number of [2, 3]) {
      await expireLeases(place);
      await store.takeFromDead(() => false);
      const [claim] = await take(store, worker);
      expect(claim).toMatchObject({ number, lost: { fence: { number: 1 } } });
    }
    await store.commit(worker, [fence(id, 3)]);
    await store.settle(worker, [{ job: id, number: 3, outcome: lost }]);
    const [claim] = await take(store, worker);
    expect(claim).toMatchObject({ number: 4, lost: { fence: { number: 3 } } });
  });

  it('tells of no attempt before that has ended in order', async () => {
    const { store } = place;
    const id = await addOne(store, { retries: 1 });
    const worker = await store.enrol(workerSpec());
    await take(store, worker);
    await store.commit(worker, [fence(id, 1)]);
    await store.settle(worker, [{ job: id, number: 1, outcome: failure() }]);
    expect(await take(store, worker)).toMatchObject([{ number: 2, lost: undefined }]);
  });

  it('refuses a fence when the lease is over', async () => {
    const { store } = place;
    const id = await addOne(store);
    const worker = await store.enrol(workerSpec());
    await take(store, worker);
    await expireLeases(place);
    expect(await store.commit(worker, [fence(id, 1)])).toEqual(new Set());
  });

  it('takes jobs from a worker that is known to be dead at once, and from no other', async () => {
    const { store } = place;
    await store.add([spec(), spec()]);
    const dead = await store.enrol(workerSpec({ name: 'dead', pid: 11 }));
    const alive = await store.enrol(workerSpec({ name: 'alive', pid: 12 }));
    const [one] = await take(store, dead);
    const [two] = await take(store, alive);
    expect(await store.takeFromDead(({ pid, groups }) => pid === 11 && groups.default === 4)).toBe(1);
    expect((await store.get(one?.job as number))?.outcome?.message).toBe('lost: worker dead died');
    expect((await store.get(two?.job as number))?.state).toBe('running');
    expect(await place.sql('select name from spillway_jobs.worker')).toEqual([{ name: 'alive' }]);
  });

  it('gives a job up after ten lost attempts in a row, and counts none of them as a failure', async () => {
    const { store } = place;
    const id = await addOne(store, { retries: 1, onEnd: 'x' });
    const worker = await store.enrol(workerSpec());
    for (let count = 0; count < 9; count++) await runNext(store, worker, id, lost);
    await runNext(store, worker, id, failure());
    for (let count = 0; count < 9; count++) await runNext(store, worker, id, lost);
    expect(await store.get(id)).toMatchObject({ state: 'queued', attempt: 19 });
    // Attempts that were lost before they ran are no fault of the job's.
    for (let count = 0; count < 8; count++) {
      const [claim] = await take(store, worker);
      await store.settle(worker, [{ job: id, number: claim?.number ?? 0, outcome: lost }]);
    }
    expect(await store.get(id)).toMatchObject({ state: 'queued', attempt: 27 });
    const [claim] = await take(store, worker);
    await store.commit(worker, [fence(id, claim?.number ?? 0)]);
    await expireLeases(place);
    await store.takeFromDead(() => false);
    expect(await store.get(id)).toMatchObject({
      state: 'lost',
      note: expect.stringMatching(/^too many attempts in a row were lost: /),
    });
    expect(await store.takeEnded()).toMatchObject([{ info: { id, state: 'lost' }, onEnd: 'x' }]);
    expect(await store.takeEnded()).toEqual([]);
  });

  it('hands the command at the end to another worker when the first did not say that it ran', async () => {
    const { store } = place;
    const overdue = () => place.sql(`update spillway_jobs.job set on_end_at = on_end_at - interval '2 min'`);
    const worker = await store.enrol(workerSpec());
    for (const end of [outcome(), failure()]) {
      const id = await addOne(store, { onEnd: 'x' });
      await runNext(store, worker, id, end);
      expect(await store.takeEnded()).toEqual([]);
      await overdue();
      expect(await store.takeEnded()).toMatchObject([{ info: { id }, onEnd: 'x' }]);
      expect(await store.takeEnded()).toEqual([]);
      await overdue();
      expect(await store.takeEnded()).toMatchObject([{ info: { id }, onEnd: 'x' }]);
      // Of an attempt before, after which the job was tried again.
      await store.onEndRan(id, 0);
      await overdue();
      expect(await store.takeEnded()).toMatchObject([{ info: { id }, onEnd: 'x' }]);
      await store.onEndRan(id, 1);
      await overdue();
      expect(await store.takeEnded()).toEqual([]);
    }
  });

  it('offers again what a worker gives back, however often', async () => {
    const { store } = place;
    const id = await addOne(store);
    const worker = await store.enrol(workerSpec());
    const given = failure({ reason: 'abort', decidedBy: 'caller', message: 'its worker ends' });
    for (let count = 0; count < 12; count++) await runNext(store, worker, id, given);
    await runNext(store, worker, id);
    expect(await store.get(id)).toMatchObject({ state: 'succeeded', attempt: 13, attempts: 13 });
  });

  it('gives no job to two claimers, and no more of a group than its limit in all', async () => {
    const { store } = place;
    await store.add(Array.from({ length: 60 }, () => spec({ group: 'cpu' })));
    await store.add(Array.from({ length: 20 }, () => spec({ group: 'net' })));
    await store.setGroupLimit('net', 3);
    const workers = await Promise.all([0, 1, 2, 3].map(() => store.enrol(workerSpec())));
    expect(new Set(workers).size).toBe(4);
    const free = new Map([
      ['cpu', 4],
      ['net', 4],
    ]);
    const claims = (
      await Promise.all(workers.flatMap((worker) => [0, 1].map(() => store.claim(worker, free, 60_000))))
    ).flat();
    expect(claims.filter(({ spec: { group } }) => group === 'net')).toHaveLength(3);
    const cpu = claims.filter(({ spec: { group } }) => group === 'cpu').map(({ job }) => job);
    expect(new Set(cpu).size).toBe(cpu.length);
    expect(cpu.length).toBe(32);
  });

  it('skips a job whose deadline passes before it begins, in the claim and without one', async () => {
    const { store } = place;
    const deadline = new Date(Date.now() - 1000);
    const past = await addOne(store, { deadline, onEnd: 'x' });
    const next = await addOne(store, { after: [{ id: past, ok: true }] });
    const fine = await addOne(store, { deadline: new Date(Date.now() + 3_600_000) });
    const worker = await store.enrol(workerSpec());
    await expect.poll(async () => (await take(store, worker)).map(({ job }) => job)).toEqual([fine]);
    expect(await store.get(past)).toMatchObject({
      state: 'skipped',
      note: 'its deadline passed before it began',
    });
    expect(await store.get(next)).toMatchObject({
      state: 'skipped',
      note: `job ${past}, which it needs, was skipped`,
    });
    const other = await addOne(store, { group: 'none', deadline });
    await store.tidy({ ageMs: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY });
    expect((await store.get(other))?.state).toBe('skipped');
    expect(await place.sql(`select id from spillway_jobs_queue.job where state < 'active'`)).toEqual([]);
    expect((await store.takeEnded()).map(({ info }) => info.id)).toEqual([past]);
  });

  it('does not try again what its deadline leaves no time for', async () => {
    const { store } = place;
    const id = await addOne(store, {
      retries: 5,
      backoffMs: 3_600_000,
      deadline: new Date(Date.now() + 60_000),
    });
    const worker = await store.enrol(workerSpec());
    await runNext(store, worker, id, failure());
    expect(await store.get(id)).toMatchObject({ state: 'failed', note: /leaves no time/ });
  });

  it('gives a queued job a delivery again that has lost its own', async () => {
    const { store } = place;
    const id = await addOne(store);
    await place.sql('delete from spillway_jobs_queue.job');
    const worker = await store.enrol(workerSpec());
    expect(await take(store, worker)).toEqual([]);
    await store.tidy({ ageMs: 1e9, bytes: 1e9 });
    expect((await take(store, worker)).map(({ job }) => job)).toEqual([id]);
  });

  it('names each worker, and does not take one for alive that has left', async () => {
    const { store } = place;
    const names = [await store.enrol(workerSpec()), await store.enrol(workerSpec())];
    expect(names).toEqual(['here-1', 'here-1-2']);
    await addOne(store);
    await store.leave('here-1');
    await store.leave('here-1-2');
    expect((await store.get(1))?.note).toBe('no worker takes group default');
  });

  it('tells a worker when another version has changed the tables', async () => {
    const { store } = place;
    await place.sql(`update spillway_jobs.meta set schema_version = 99, library = '9.9.9'`);
    try {
      const beat = store.beat('x', 1000);
      await expect(beat).rejects.toMatchObject({ code: 'ERR_JOBS_SCHEMA', message: /version 99.*9\.9\.9/ });
    } finally {
      await place.sql('update spillway_jobs.meta set schema_version = 1');
    }
  });
}

/** What waits for its time may begin now. */
async function hurry(place: Place): Promise<void> {
  await place.sql(`update spillway_jobs_queue.job set start_after = now() - interval '1 s'`);
}

async function expireLeases(place: Place, seconds = 0): Promise<void> {
  await place.sql(`update spillway_jobs.attempt set lease_until = now() - interval '${seconds} s'`);
}
