import { expect, it } from 'vitest';
import type { Place } from '../../helpers/places.js';
import { runNext, spec, workerSpec } from '../../helpers/stores.js';

const HOUR = 3_600_000;

export function schedulesContract(place: Place): void {
  const inAnHour = (_cron: string, _zone: string, after: Date) => new Date(after.getTime() + HOUR);
  const due = () => place.sql(`update spillway_jobs.schedule set next = now() - interval '3 hours'`);

  it('adds one job for times that have passed, and none before the next', async () => {
    const { store } = place;
    const command = spec({ argv: ['backup', '\u001b'], group: 'net', timeoutMs: 5 });
    const next = new Date(Date.now() + HOUR);
    const id = await store.addSchedule('0 * * * *', 'Europe/Berlin', command, next);
    expect(await store.schedules()).toEqual([
      { id, cron: '0 * * * *', timeZone: 'Europe/Berlin', argv: command.argv, next },
    ]);
    expect(await store.runSchedules(inAnHour)).toBe(0);
    await due();
    const asked: unknown[] = [];
    const added = await store.runSchedules((cron, zone, after) => {
      asked.push(cron, zone);
      return inAnHour(cron, zone, after);
    });
    expect([added, asked]).toEqual([1, ['0 * * * *', 'Europe/Berlin']]);
    expect(await store.runSchedules(inAnHour)).toBe(0);
    const worker = await store.enrol(workerSpec());
    const [claim] = await store.claim(worker, new Map([['net', 3]]), 60_000);
    expect(claim?.spec).toEqual({ ...command, runAt: claim?.spec.runAt });
    const [schedule] = await store.schedules();
    expect(schedule?.next.getTime()).toBeGreaterThan(Date.now() + HOUR / 2);
    expect(schedule?.last).toEqual({ at: expect.any(Date), job: claim?.job });
  });

  it('skips a time while the last job has not ended, and says so', async () => {
    const { store } = place;
    await store.addSchedule('* * * * *', 'UTC', spec(), new Date());
    await due();
    expect(await store.runSchedules(inAnHour)).toBe(1);
    await due();
    expect(await store.runSchedules(inAnHour)).toBe(0);
    expect((await store.schedules())[0]?.last).toMatchObject({ job: 1, skipped: 'job 1 is still queued' });
    const worker = await store.enrol(workerSpec());
    await runNext(store, worker, 1);
    await due();
    expect(await store.runSchedules(inAnHour)).toBe(1);
    expect((await store.schedules())[0]?.last).toMatchObject({ job: 2 });
    expect(await store.list({})).toHaveLength(2);
  });

  it('is carried out by one of several workers at a time', async () => {
    const { store } = place;
    await store.addSchedule('* * * * *', 'UTC', spec(), new Date());
    await due();
    const added = await Promise.all([0, 1, 2, 3].map(() => store.runSchedules(inAnHour)));
    expect(added.reduce((sum, count) => sum + count)).toBe(1);
    expect(await store.list({})).toHaveLength(1);
  });

  it('moves a deadline along, and ends with the last time', async () => {
    const { store } = place;
    const deadline = new Date(Date.now() + 5 * HOUR);
    const id = await store.addSchedule('* * * * *', 'UTC', spec({ deadline }), new Date());
    await due();
    await store.runSchedules(() => undefined);
    const left = ((await store.get(1))?.deadline?.getTime() as number) - Date.now();
    expect(Math.abs(left - 2 * HOUR)).toBeLessThan(HOUR / 10);
    expect((await store.schedules())[0]?.next.getFullYear()).toBeGreaterThan(9999);
    expect(await store.runSchedules(inAnHour)).toBe(0);
    expect(await store.removeSchedule(id)).toBe(true);
    expect(await store.removeSchedule(id)).toBe(false);
    expect(await store.schedules()).toEqual([]);
  });
}
