/** Jobs whose deadline has passed before they began. */
import { type Connection, type Deliveries, onEndAt } from '../database/index.js';
import { release } from './dependents.js';

/** In a transaction. Their deliveries stay, and are removed as stale. */
export async function skipOverdue(connection: Connection, deliveries: Deliveries): Promise<void> {
  const rows = await connection.query<{ id: string; has_dependents: boolean }>(
    `update spillway_jobs.job set state = 'skipped', reason = 'its deadline passed before it began',
       on_end_at = ${onEndAt('options')}
     where state in ('waiting', 'queued') and deadline <= now()
     returning id, has_dependents`,
  );
  if (rows.length === 0) return;
  const ids = rows.map(({ id }) => Number(id));
  await connection.query('delete from spillway_jobs.dependency where job = any($1::bigint[])', [ids]);
  const needed = rows.filter(({ has_dependents }) => has_dependents).map(({ id }) => Number(id));
  if (needed.length > 0) await release(connection, deliveries, needed);
}
