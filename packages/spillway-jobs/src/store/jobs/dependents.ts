/** Jobs that wait for others: they go on, or are skipped, when those have ended. */
import type { JobState } from '../../job/index.js';
import { type Connection, type Deliveries, onEndAt, type QueuedRow, sendingOf } from '../database/index.js';
import { needFailed } from './need.js';

interface Gone {
  readonly job: string;
  readonly needs: string;
  readonly is_ok_needed: boolean;
  readonly state: JobState;
}

/**
 * To be called in the transaction that ends these jobs, after it has. Each waiting job is locked before what
 * it waits for is counted: two that it waits for may end at the same moment.
 */
export async function release(
  connection: Connection,
  deliveries: Deliveries,
  ended: readonly number[],
): Promise<void> {
  for (let ids: readonly (number | string)[] = ended; ids.length > 0; ) {
    const waiting = await connection.query(
      `select id from spillway_jobs.job
       where id in (select job from spillway_jobs.dependency where needs = any($1::bigint[]))
       order by id for update`,
      [ids],
    );
    if (waiting.length === 0) return;
    const gone = await connection.query<Gone>(
      `delete from spillway_jobs.dependency d using spillway_jobs.job n
       where n.id = d.needs and d.needs = any($1::bigint[])
       returning d.job, d.needs, d.is_ok_needed, n.state`,
      [ids],
    );
    const failed = gone.filter(({ is_ok_needed, state }) => is_ok_needed && state !== 'succeeded');
    const skipped = await skip(connection, failed);
    await goOn(connection, deliveries, gone);
    ids = skipped;
  }
}

/** Returns those that other jobs may wait for in their turn. */
async function skip(connection: Connection, failed: readonly Gone[]): Promise<string[]> {
  if (failed.length === 0) return [];
  const rows = await connection.query<{ id: string }>(
    `update spillway_jobs.job j set state = 'skipped', reason = g.reason,
       on_end_at = ${onEndAt('j.options')}
     from unnest($1::bigint[], $2::text[]) as g(job, reason)
     where j.id = g.job and j.state = 'waiting' returning j.id`,
    [failed.map(({ job }) => job), failed.map(({ needs, state }) => needFailed(needs, state))],
  );
  const ids = rows.map(({ id }) => id);
  await connection.query('delete from spillway_jobs.dependency where job = any($1::bigint[])', [ids]);
  return ids;
}

async function goOn(connection: Connection, deliveries: Deliveries, gone: readonly Gone[]): Promise<void> {
  const rows = await connection.query<QueuedRow>(
    `update spillway_jobs.job j set state = 'queued', delivery = j.delivery + 1
     where j.id = any($1::bigint[]) and j.state = 'waiting'
       and not exists (select from spillway_jobs.dependency d where d.job = j.id)
     returning j.id, j.delivery, j.grp, j.priority, j.run_at`,
    [[...new Set(gone.map(({ job }) => job))]],
  );
  await deliveries.send(connection, rows.map(sendingOf));
}
