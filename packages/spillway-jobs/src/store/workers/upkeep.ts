/**
 * What time brings: deadlines, old logs, rows that nothing needs. And what is left to be done for ended jobs.
 */
import { type Base, ON_END_TAKEN } from '../database/index.js';
import { INFO_COLUMNS, infoOf, type JobRow, NO_CONTEXT, skipOverdue } from '../jobs/index.js';
import type { EndedJob } from '../store.js';
import { removeOldLogs } from './logs.js';
import { vacuum } from './vacuum.js';

export async function tidy(
  base: Base,
  retention: { readonly ageMs: number; readonly bytes: number },
): Promise<void> {
  const { database, deliveries } = base;
  await database.transaction((connection) => skipOverdue(connection, deliveries));
  await deliveries.removeStale();
  await database.transaction(async (connection) => {
    await deliveries.send(connection, await deliveries.missing(connection));
  });
  await database.query(
    `delete from spillway_jobs.worker w where lease_until < now() - interval '1 day' and not exists (
       select from spillway_jobs.attempt a where a.worker = w.name and a.ended is null)`,
    [],
  );
  await removeOldLogs(base, retention);
  await vacuum(base);
}

export async function onEndRan({ database }: Base, job: number, attempt: number): Promise<void> {
  await database.query('update spillway_jobs.job set on_end_at = null where id = $1 and attempt = $2', [
    job,
    attempt,
  ]);
}

export async function takeEnded({ database }: Base): Promise<EndedJob[]> {
  const rows = await database.query<JobRow & { on_end: string | null }>(
    `update spillway_jobs.job j set on_end_at = ${ON_END_TAKEN}
     where j.id in (select id from spillway_jobs.job where on_end_at <= now() order by id limit 100
                    for update skip locked)
     returning ${INFO_COLUMNS}, j.options->>'onEnd' as on_end`,
    [],
  );
  return rows.map((row) => ({ info: infoOf(row, NO_CONTEXT), onEnd: row.on_end ?? undefined }));
}
