import { expect, it } from 'vitest';
import type { Place } from '../../helpers/places.js';
import { addOne, failure, outcome, runNext, spec, take, workerSpec } from '../../helpers/stores.js';

export function jobsContract(place: Place): void {
  it('keeps all of a job, whatever its texts hold', async () => {
    const { store } = place;
    const given = spec({
      argv: ['sh', '-c', 'a "b" \\ {c} , \u001b[31m \n \u202e 𝒳', '', '\udcff', 'x'.repeat(1024 * 1024)],
      cwd: '/tmp/\udce4 \n',
      env: ['A', 'B\u0001'],
      priority: -7,
      retries: Number.POSITIVE_INFINITY,
      backoffMs: 1500,
      timeoutMs: 60_000,
      unique: 'name\u001b',
      deadline: new Date('2999-01-01T00:00:00Z'),
      onEnd: 'cat > /dev/null',
    });
    const [added] = await store.add([given]);
    const worker = await store.enrol(workerSpec());
    const [claim] = await take(store, worker);
    expect(claim?.spec).toEqual({ ...given, runAt: claim?.spec.runAt });
    expect(await store.get(added?.id as number)).toMatchObject({
      ...{ argv: given.argv, cwd: given.cwd, unique: given.unique, deadline: given.deadline, attempt: 1 },
    });
  });

  it('gives jobs by priority, then by number, those of one call too', async () => {
    const { store } = place;
    await store.add([0, 0, 5, 0, 5, -1].map((priority) => spec({ priority })));
    const worker = await store.enrol(workerSpec());
    const order: number[] = [];
    for (let count = 0; count < 6; count++) order.push(...(await take(store, worker)).map(({ job }) => job));
    expect(order).toEqual([3, 5, 1, 2, 4, 6]);
    expect(await take(store, worker)).toEqual([]);
  });

  it('gives no job before its time, and takes no other group', async () => {
    const { store } = place;
    const muchLater = await addOne(store, { runAt: new Date(Date.now() + 3_600_000) });
    await addOne(store, { group: 'net' });
    const worker = await store.enrol(workerSpec());
    expect(await take(store, worker, 5)).toEqual([]);
    expect((await store.get(muchLater))?.note).toMatch(/^not before \d{4}-.*Z$/);
    const began = performance.now();
    const later = await addOne(store, { delayMs: 400 });
    const taken = await take(store, worker, 5);
    if (performance.now() - began < 400) expect(taken).toEqual([]);
    if (taken.length > 0) return;
    await expect.poll(async () => (await take(store, worker, 5)).map(({ job }) => job)).toEqual([later]);
  });

  it('adds one job of a name, however many ask at once, until that has ended', async () => {
    const { store } = place;
    const results = await Promise.all(
      Array.from({ length: 12 }, () => store.add([spec({ unique: 'backup' }), spec({ unique: 'backup' })])),
    );
    const ids = new Set(results.flat().map(({ id }) => id));
    expect(ids.size).toBe(1);
    expect(results.flat().filter(({ isNew }) => isNew)).toHaveLength(1);
    const worker = await store.enrol(workerSpec());
    await runNext(store, worker, [...ids][0] as number);
    const [again] = await store.add([spec({ unique: 'backup' })]);
    expect(again?.isNew).toBe(true);
    expect(ids.has(again?.id as number)).toBe(false);
  });

  it('adds nothing when one of several waits for a job that does not exist', async () => {
    const { store } = place;
    const bad = store.add([spec(), spec({ after: [{ id: 99, ok: false }] })]);
    await expect(bad).rejects.toMatchObject({ code: 'ERR_JOBS_UNKNOWN_JOB', message: /no job 99/ });
    expect(await store.list({})).toEqual([]);
  });

  it('lists the latest first, by state and group, and at most so many', async () => {
    const { store } = place;
    await store.add([spec(), spec({ group: 'net' }), spec(), spec()]);
    await store.stop(3);
    const ids = async (options: Parameters<typeof store.list>[0]) =>
      (await store.list(options)).map(({ id }) => id);
    expect(await ids({})).toEqual([4, 3, 2, 1]);
    expect(await ids({ states: ['queued', 'running'] })).toEqual([4, 2, 1]);
    expect(await ids({ states: ['stopped', 'failed'] })).toEqual([3]);
    expect(await ids({ group: 'net' })).toEqual([2]);
    expect(await ids({ limit: 1 })).toEqual([4]);
    expect(await ids({ limit: Number.POSITIVE_INFINITY })).toHaveLength(4);
  });

  it('stops jobs that wait at once, a running one through its worker, and an ended one not', async () => {
    const { store } = place;
    const running = await addOne(store);
    const worker = await store.enrol(workerSpec());
    await take(store, worker);
    const queued = await addOne(store);
    const waiting = await addOne(store, { after: [{ id: running, ok: false }] });
    for (const id of [queued, waiting]) {
      expect(await store.stop(id)).toBe(true);
      expect(await store.get(id)).toMatchObject({ state: 'stopped', note: 'stopped before it began' });
      expect(await store.stop(id)).toBe(false);
    }
    expect(await store.beat(worker, 60_000)).toEqual({ held: new Map([[running, 1]]), toStop: new Set() });
    expect(await store.stop(running)).toBe(true);
    expect((await store.get(running))?.note).toBe(`is being stopped by worker ${worker}`);
    expect((await store.beat(worker, 60_000)).toStop).toEqual(new Set([running]));
    await store.settle(worker, [
      { job: running, number: 1, outcome: failure({ reason: 'abort', message: 'ended' }) },
    ]);
    expect(await store.get(running)).toMatchObject({ state: 'stopped', note: 'was stopped' });
    expect(await store.stop(running)).toBe(false);
    expect(await store.stop(4711)).toBe(false);
    // Nothing of them is given any more.
    expect(await take(store, worker, 9)).toEqual([]);
  });

  it('tries again what has ended badly, as often as in the beginning', async () => {
    const { store } = place;
    const id = await addOne(store, { retries: 1, unique: 'one' });
    const worker = await store.enrol(workerSpec());
    expect(await store.retry(id)).toBe(false);
    for (let count = 0; count < 2; count++) await runNext(store, worker, id, failure());
    expect(await store.get(id)).toMatchObject({ state: 'failed', attempt: 2, attempts: 2 });
    const other = await addOne(store, { unique: 'one' });
    await expect(store.retry(id)).rejects.toMatchObject({ code: 'ERR_JOBS_UNIQUE', message: /"one"/ });
    await store.stop(other);
    expect(await store.retry(id)).toBe(true);
    expect(await store.get(id)).toMatchObject({ state: 'queued', attempt: 2, attempts: 4 });
    await runNext(store, worker, id, failure());
    await runNext(store, worker, id, outcome());
    expect(await store.get(id)).toMatchObject({ state: 'succeeded', attempt: 4 });
    expect(await store.retry(id)).toBe(false);
    expect(await store.retry(4711)).toBe(false);
  });

  it('removes what has ended, with its logs, and nothing that is open or young', async () => {
    const { store } = place;
    const id = await addOne(store);
    const worker = await store.enrol(workerSpec());
    await runNext(store, worker, id);
    const piece = { job: id, number: 1, seq: 0, at: new Date(), stream: 'stdout' as const, gap: 0 };
    await store.appendLog(worker, [{ ...piece, bytes: Buffer.from('x') }]);
    await addOne(store);
    expect(await store.clean(60_000)).toBe(0);
    expect(await store.clean(0)).toBe(1);
    expect(await store.get(id)).toBeUndefined();
    expect(await place.sql('select * from spillway_jobs.log')).toEqual([]);
    expect(await store.list({})).toHaveLength(1);
  });

  it('tells each change once', async () => {
    const { store } = place;
    await addOne(store);
    const first = await store.changes();
    expect(first.jobs).toEqual([]);
    const id = await addOne(store);
    const second = await store.changes(first.cursor);
    expect(second.jobs.map((job) => [job.id, job.state])).toEqual([[id, 'queued']]);
    await store.stop(id);
    await store.stop(1);
    const third = await store.changes(second.cursor);
    expect(third.jobs.map((job) => [job.id, job.state])).toEqual([
      [id, 'stopped'],
      [1, 'stopped'],
    ]);
    expect((await store.changes(third.cursor)).jobs).toEqual([]);
  });

  it('says why a job has not begun', async () => {
    const { store } = place;
    const note = async (id: number) => (await store.get(id))?.note;
    const first = await addOne(store, { group: 'net' });
    expect(await note(first)).toBe('no worker takes group net');
    const worker = await store.enrol(workerSpec({ groups: { net: 4 } }));
    expect(await note(first)).toBe('waits for a worker to take it');
    await store.setGroupLimit('net', 1);
    await take(store, worker, 4, 'net');
    expect(await note(first)).toBe(`worker ${worker}`);
    const second = await addOne(store, { group: 'net' });
    const third = await addOne(store, { after: [first, second].map((id) => ({ id, ok: true })) });
    expect(await note(second)).toBe(`waits for a slot of net (1/1: ${first})`);
    expect(await note(third)).toBe(`waits for ${first}, ${second}`);
    await store.setGroupLimit('net', undefined);
    expect(await store.groupLimits()).toEqual(new Map());
  });

  it('lists 10,000 queued jobs in 100 ms, and adds to them as fast as to none', async () => {
    const { store } = place;
    // The shortest of some, which other load on the machine does not make longer.
    const time = async (body: () => Promise<unknown>) => {
      let least = Number.POSITIVE_INFINITY;
      for (let count = 0; count < 15; count++) {
        const began = performance.now();
        await body();
        least = Math.min(least, performance.now() - began);
      }
      return least;
    };
    const empty = await time(() => addOne(store));
    for (let count = 0; count < 10; count++) await store.add(Array.from({ length: 1000 }, () => spec()));
    const full = await time(() => addOne(store));
    const listing = await time(() => store.list({}));
    expect(listing).toBeLessThan(100);
    expect(full).toBeLessThan(empty * 3 + 5);
  });
}
