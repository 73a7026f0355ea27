/** Schedules: at each of their times a job is added, unless the last one has not ended. */

import type { JobState, ScheduleInfo } from '../../job/index.js';
import { isOpen } from '../../job/index.js';
import type { Base } from '../database/index.js';
import type { JobSpec } from '../store.js';
import { addIn } from './jobs.js';
import { specFromText, specText } from './rows.js';

export async function addSchedule(
  { database }: Base,
  cron: string,
  timeZone: string,
  spec: JobSpec,
  next: Date,
): Promise<number> {
  const [row] = await database.query<{ id: string }>(
    'insert into spillway_jobs.schedule (cron, time_zone, spec, next) values ($1, $2, $3, $4) returning id',
    [cron, timeZone, specText(spec), next],
  );
  return Number(row?.id);
}

/** The last moment that a Date can hold. */
const NEVER = new Date(8.64e15);

interface ScheduleRow {
  readonly id: string;
  readonly cron: string;
  readonly time_zone: string;
  readonly spec: Parameters<typeof specFromText>[0];
  /** Infinity when it has no further time. */
  readonly next: Date | number;
  readonly last_at: Date | null;
  readonly last_job: string | null;
  readonly last_skipped: string | null;
}

export async function schedules({ database }: Base): Promise<ScheduleInfo[]> {
  const rows = await database.query<ScheduleRow>('select * from spillway_jobs.schedule order by id', []);
  return rows.map(({ id, cron, time_zone, spec, next, last_at, last_job, last_skipped }) => ({
    id: Number(id),
    cron,
    timeZone: time_zone,
    argv: spec.argv,
    next: next instanceof Date ? next : NEVER,
    ...(last_at && {
      last: {
        at: last_at,
        ...(last_job === null ? {} : { job: Number(last_job) }),
        ...(last_skipped === null ? {} : { skipped: last_skipped }),
      },
    }),
  }));
}

export async function removeSchedule({ database }: Base, id: number): Promise<boolean> {
  const rows = await database.query('delete from spillway_jobs.schedule where id = $1 returning id', [id]);
  return rows.length > 0;
}

interface DueRow extends ScheduleRow {
  readonly next: Date;
  readonly created: Date;
  readonly now: Date;
  readonly last_state: JobState | null;
}

/** Those times that have passed while no worker ran are made up for by one job. */
export async function runSchedules(
  base: Base,
  next: (cron: string, timeZone: string, after: Date) => Date | undefined,
): Promise<number> {
  const { database, deliveries } = base;
  const due = await database.query<ScheduleRow>(
    'select spec from spillway_jobs.schedule where next <= now()',
    [],
  );
  if (due.length === 0) return 0;
  await deliveries.ensure(due.map(({ spec }) => spec.group));
  return database.transaction(async (connection) => {
    const rows = await connection.query<DueRow>(
      `select s.*, now() as now, j.state as last_state
       from spillway_jobs.schedule s left join spillway_jobs.job j on j.id = s.last_job
       where s.next <= now() order by s.id for update of s skip locked`,
    );
    let added = 0;
    for (const row of rows) {
      const result =
        row.last_state !== null && isOpen(row.last_state)
          ? { skipped: `job ${row.last_job} is still ${row.last_state}` }
          : await addDue(row);
      if (result.skipped === undefined) added++;
      await connection.query(
        `update spillway_jobs.schedule set next = coalesce($2::timestamptz, 'infinity'), last_at = $3,
           last_job = coalesce($4::bigint, last_job), last_skipped = $5 where id = $1`,
        [
          row.id,
          next(row.cron, row.time_zone, row.now) ?? null,
          row.next,
          result.job ?? null,
          result.skipped ?? null,
        ],
      );
    }
    return added;

    async function addDue(row: DueRow): Promise<{ job?: number; skipped?: string }> {
      const spec = shifted(specFromText(row.spec), row);
      const [{ id, isNew } = { id: 0, isNew: false }] = await addIn(connection, deliveries, [spec]);
      return isNew ? { job: id } : { skipped: `job ${id} with the name "${spec.unique}" is open` };
    }
  });
}

/** A deadline is as long after the moment of the schedule as it was when that was made. */
function shifted(spec: JobSpec, { created, next }: DueRow): JobSpec {
  if (spec.deadline === undefined) return spec;
  return { ...spec, deadline: new Date(next.getTime() + (spec.deadline.getTime() - created.getTime())) };
}
