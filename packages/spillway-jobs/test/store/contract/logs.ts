import { expect, it } from 'vitest';
import type { LogAppend } from '../../../src/store/index.js';
import type { Place } from '../../helpers/places.js';
import { addOne, outcome, take, workerSpec } from '../../helpers/stores.js';

const KIB = 1024;
const NEVER = Number.POSITIVE_INFINITY;

export function logsContract(place: Place): void {
  async function running(name = 'here-1'): Promise<{ id: number; worker: string }> {
    const id = await addOne(place.store);
    const worker = await place.store.enrol(workerSpec({ name }));
    await take(place.store, worker);
    return { id, worker };
  }

  function piece(job: number, seq: number, bytes: Buffer, options: Partial<LogAppend> = {}): LogAppend {
    return { job, number: 1, seq, at: new Date(1e12 + seq), stream: 'stdout', bytes, gap: 0, ...options };
  }

  it('gives the pieces of an attempt in order, byte for byte, from any place on', async () => {
    const { store } = place;
    const { id, worker } = await running();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    await store.appendLog(worker, [
      piece(id, 1, Buffer.from('second'), { stream: 'stderr', gap: 7 }),
      piece(id, 0, bytes),
      piece(id, 2, Buffer.alloc(0)),
    ]);
    const common = { attempt: 1, gap: 0, stream: 'stdout' };
    expect(await store.log(id, 1, -1)).toEqual([
      { ...common, seq: 0, at: new Date(1e12), bytes },
      { ...common, seq: 1, at: new Date(1e12 + 1), bytes: Buffer.from('second'), stream: 'stderr', gap: 7 },
      { ...common, seq: 2, at: new Date(1e12 + 2), bytes: Buffer.alloc(0) },
    ]);
    expect((await store.log(id, 1, 0)).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await store.log(id, 2, -1)).toEqual([]);
  });

  it('tells how far a running job is, by the last line that it has written', async () => {
    const { store } = place;
    const { id, worker } = await running();
    const other = await addOne(store);
    await take(store, worker);
    expect(await store.get(id)).toMatchObject({ note: `worker ${worker}` });
    await store.appendLog(worker, [
      piece(id, 0, Buffer.from(' 40 %  1 GB of 2 GB\n')),
      piece(id, 1, Buffer.from(`${'x'.repeat(70_000)}\n 41 %  1.1 GB of 2 GB  118 MB/s  left 2:31\n 4`)),
    ]);
    const progress = { percent: 41, rate: '118 MB/s' };
    expect(await store.get(id)).toMatchObject({ progress, note: `worker ${worker}, 41 %, 118 MB/s` });
    const [latest, first] = await store.list({});
    expect(first).toMatchObject({ id, progress });
    expect(latest).toMatchObject({ id: other, note: `worker ${worker}` });
    expect(latest).not.toHaveProperty('progress');
    await store.settle(worker, [{ job: id, number: 1, outcome: outcome() }]);
    expect(await store.get(id)).not.toHaveProperty('progress');
  });

  it('takes a piece once, and none of a worker that does not make the attempt', async () => {
    const { store } = place;
    const { id, worker } = await running();
    const other = await store.enrol(workerSpec({ name: 'other' }));
    await store.appendLog(worker, [piece(id, 0, Buffer.from('a'))]);
    await store.appendLog(worker, [piece(id, 0, Buffer.from('b')), piece(id, 1, Buffer.from('c'))]);
    await store.appendLog(other, [piece(id, 2, Buffer.from('d'))]);
    await store.appendLog(worker, [piece(id, 3, Buffer.from('e'), { number: 9 })]);
    expect((await store.log(id, 1, -1)).map(({ bytes }) => bytes.toString())).toEqual(['a', 'c']);
    // Also when it has ended: the last pieces may come late.
    await store.settle(worker, [{ job: id, number: 1, outcome: outcome() }]);
    await store.appendLog(worker, [piece(id, 4, Buffer.from('f'))]);
    expect(await store.log(id, 1, 1)).toHaveLength(1);
  });

  it('gives some 1 MiB at a time', async () => {
    const { store } = place;
    const { id, worker } = await running();
    const all = Array.from({ length: 40 }, (_, seq) => piece(id, seq, Buffer.alloc(64 * KIB, seq)));
    await store.appendLog(worker, all);
    const read: number[] = [];
    for (let since = -1; ; ) {
      const pieces = await store.log(id, 1, since);
      if (pieces.length === 0) break;
      expect(pieces.length).toBe(Math.min(16, 40 - read.length));
      read.push(...pieces.map(({ seq }) => seq));
      since = read.at(-1) as number;
    }
    expect(read).toEqual(all.map(({ seq }) => seq));
  });

  it('keeps the first 1 MiB and the last 15 MiB, and tells what is missing', async () => {
    const { store } = place;
    const { id, worker } = await running();
    const length = 256 * KIB;
    for (let seq = 0; seq < 96; seq += 8)
      await store.appendLog(
        worker,
        [0, 1, 2, 3, 4, 5, 6, 7].map((more) => piece(id, seq + more, Buffer.alloc(length, more))),
      );
    const sizes = await place.sql(
      `select seq::int, octet_length(bytes) as length, gap::int from spillway_jobs.log order by seq`,
    );
    const kept = sizes.reduce((sum, { length }) => sum + (length as number), 0);
    const gap = sizes.reduce((sum, { gap }) => sum + (gap as number), 0);
    expect(kept).toBeLessThanOrEqual(18 * KIB * KIB);
    expect(kept + gap).toBe(96 * length);
    expect(sizes.slice(0, 4).map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
    expect(sizes.slice(-60).map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, at) => 36 + at));
    expect(sizes.filter(({ gap }) => gap !== 0)).toHaveLength(1);
  });

  it('removes logs that are old, then the oldest ones, until the rest is within bounds', async () => {
    const { store } = place;
    const ids: number[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      const { id, worker } = await running(name);
      ids.push(id);
      await store.appendLog(worker, [piece(id, 0, Buffer.alloc(1000))]);
      if (name !== 'd') await store.settle(worker, [{ job: id, number: 1, outcome: outcome() }]);
    }
    await place.sql(
      `update spillway_jobs.attempt set ended = now() - interval '1 day' where job = ${ids[0]}`,
    );
    const left = async () => {
      const all = await Promise.all(ids.map((id) => store.log(id, 1, -1)));
      return ids.filter((_, index) => all[index]?.length === 1);
    };
    await store.tidy({ ageMs: NEVER, bytes: NEVER });
    expect(await left()).toEqual(ids);
    await store.tidy({ ageMs: 3_600_000, bytes: 4000 });
    expect(await left()).toEqual(ids.slice(1));
    await store.tidy({ ageMs: NEVER, bytes: 2500 });
    expect(await left()).toEqual(ids.slice(2));
    // That of a running attempt stays.
    await store.tidy({ ageMs: NEVER, bytes: 0 });
    expect(await left()).toEqual(ids.slice(3));
  });
}
