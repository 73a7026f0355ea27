/**
 * Jobs that have changed. Each row has the transaction of its last change, and a cursor the oldest
 * transaction that had not ended when it was given: what such a one changes is found when it has.
 */
import type { JobInfo } from '../../job/index.js';
import type { Base } from '../database/index.js';
import type { AttemptInfo, ChangeCursor } from '../store.js';
import { INFO_COLUMNS, type JobRow } from './job-row.js';
import { infosOf } from './jobs.js';

const NOW = 'select pg_snapshot_xmin(pg_current_snapshot())::text as snapshot';

export async function changes(
  { database }: Base,
  cursor: ChangeCursor | undefined,
): Promise<{ jobs: JobInfo[]; cursor: ChangeCursor }> {
  // Asked for first: what ends between the two statements is found in both.
  const [{ snapshot } = { snapshot: '0' }] = await database.query<{ snapshot: string }>(NOW, []);
  const since = cursor?.snapshot ?? snapshot;
  const rows = await database.query<JobRow & { changed: string }>(
    `select ${INFO_COLUMNS}, j.changed::text as changed from spillway_jobs.job j
     where j.changed >= $1::xid8 order by j.changed, j.id`,
    [since],
  );
  const next = { snapshot, seen: new Map(rows.map(({ id, changed }) => [Number(id), changed])) };
  if (!cursor) return { jobs: [], cursor: next };
  const fresh = rows.filter(({ id, changed }) => cursor.seen.get(Number(id)) !== changed);
  return { jobs: await infosOf(database, fresh), cursor: next };
}

export async function lastAttempt({ database }: Base, id: number): Promise<AttemptInfo | undefined> {
  const [row] = await database.query<{
    number: number;
    worker: string;
    fence: AttemptInfo['fence'] | null;
    is_ended: boolean;
  }>(
    `select number, worker, fence, ended is not null as is_ended from spillway_jobs.attempt
     where job = $1 order by number desc limit 1`,
    [id],
  );
  if (!row) return undefined;
  return { number: row.number, worker: row.worker, fence: row.fence ?? undefined, isEnded: row.is_ended };
}
