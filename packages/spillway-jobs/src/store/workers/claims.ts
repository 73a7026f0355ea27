/** Claims: a worker takes jobs, renews its lease of them, and commits where it runs them. */
import type { Fence } from '../../attempt/index.js';
import { type Base, deliveryOf, SCHEMA_VERSION, schemaError } from '../database/index.js';
import { JobsError } from '../error.js';
import { type SpecRow, skipOverdue, specOf } from '../jobs/index.js';
import type { Claim } from '../store.js';

/** An int of the database holds it. */
const MOST_AT_ONCE = 10_000;

interface ClaimRow extends SpecRow {
  readonly taken_id: string;
  readonly taken_group: string;
  /** Null for a delivery of a job that was stopped meanwhile, or whose deadline has passed. */
  readonly id: string | null;
  readonly number: number;
  readonly fence: Fence | null;
  readonly over_ms: number | null;
}

export async function claim(
  base: Base,
  worker: string,
  free: ReadonlyMap<string, number>,
  leaseMs: number,
): Promise<Claim[]> {
  // In one order: two that lock the same groups would wait for each other otherwise.
  const wanted = [...free].filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  if (wanted.length === 0) return [];
  const rows = await base.database.query<ClaimRow>('select * from spillway_jobs.claim($1, $2, $3, $4)', [
    worker,
    wanted.map(([group]) => group),
    wanted.map(([, count]) => Math.min(count, MOST_AT_ONCE)),
    leaseMs,
  ]);
  const refused = rows.filter(({ id }) => id === null);
  if (refused.length > 0) await dropRefused(base, refused);
  const claims = rows.flatMap((row) => (row.id === null ? [] : [claimOf(row)]));
  return claims.sort((a, b) => b.spec.priority - a.spec.priority || a.job - b.job);
}

/** The claims stand, whatever comes of this: what is left of deliveries is removed as stale, too. */
async function dropRefused({ database, deliveries }: Base, refused: readonly ClaimRow[]): Promise<void> {
  try {
    await database.transaction(async (connection) => {
      for (const { taken_group, taken_id } of refused)
        await deliveries.remove(connection, taken_group, [deliveryOf(taken_id)]);
      await skipOverdue(connection, deliveries);
    });
  } catch (error) {
    if (!(error instanceof JobsError)) throw error;
  }
}

function claimOf({ id, number, fence, over_ms, ...row }: ClaimRow): Claim {
  return {
    job: Number(id),
    number,
    spec: specOf(row),
    lost: fence === null ? undefined : { fence, msSinceLeaseOver: over_ms ?? 0 },
  };
}

export async function commit(
  { database }: Base,
  worker: string,
  fences: readonly Fence[],
): Promise<Set<number>> {
  if (fences.length === 0) return new Set();
  const rows = await database.query<{ job: string }>(
    'select spillway_jobs.commit_fences($1, $2, $3, $4) as job',
    [
      worker,
      fences.map(({ id }) => id),
      fences.map(({ number }) => number),
      fences.map((fence) => JSON.stringify(fence)),
    ],
  );
  return new Set(rows.map(({ job }) => Number(job)));
}

interface BeatRow {
  readonly schema_version: number;
  readonly library: string;
  readonly held: { job: number; number: number; stop: boolean }[] | null;
}

export async function beat(
  { database }: Base,
  worker: string,
  leaseMs: number,
): Promise<{ held: Map<number, number>; toStop: Set<number> }> {
  const rows = await database.query<BeatRow>(
    `with w as (
       update spillway_jobs.worker set lease_until = now() + $2 * interval '1 ms' where name = $1
     ), a as (
       update spillway_jobs.attempt set lease_until = now() + $2 * interval '1 ms'
       where worker = $1 and ended is null returning job, number
     )
     select schema_version, library,
       (select json_agg(json_build_object('job', j.id, 'number', a.number, 'stop', j.is_to_stop))
        from a join spillway_jobs.job j on j.id = a.job) as held
     from spillway_jobs.meta`,
    [worker, leaseMs],
  );
  const { schema_version, library, held } = rows[0] as BeatRow;
  // Another version has changed the tables while this worker was running.
  if (schema_version !== SCHEMA_VERSION)
    throw schemaError({ number: schema_version, library }, database.where);
  const all = held ?? [];
  return {
    held: new Map(all.map(({ job, number }) => [job, number])),
    toStop: new Set(all.filter(({ stop }) => stop).map(({ job }) => job)),
  };
}
