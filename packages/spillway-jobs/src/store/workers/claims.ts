/** Claims: a worker takes jobs, renews its lease of them, and commits where it runs them. */
import type { Fence } from '../../attempt/index.js';
import { type Base, type Connection, type Delivery, SCHEMA_VERSION, schemaError } from '../database/index.js';
import { type SpecRow, skipOverdue, specOf } from '../jobs/index.js';
import type { Claim } from '../store.js';

export async function claim(
  { database, deliveries }: Base,
  worker: string,
  free: ReadonlyMap<string, number>,
  leaseMs: number,
): Promise<Claim[]> {
  const wanted = new Map([...free].filter(([, count]) => count > 0));
  if (wanted.size === 0) return [];
  return database.transaction(async (connection) => {
    const allowed = await withinLimits(connection, wanted);
    const taken: { group: string; delivery: Delivery }[] = [];
    for (const [group, count] of allowed)
      for (const delivery of await deliveries.take(connection, group, count)) taken.push({ group, delivery });
    if (taken.length === 0) return [];
    const claims = await begin(
      connection,
      worker,
      taken.map(({ delivery }) => delivery),
      leaseMs,
    );
    if (claims.length < taken.length) {
      // Of jobs that were stopped meanwhile, or whose deadline has passed.
      const begun = new Set(claims.map(({ job }) => job));
      const refused = taken.filter(({ delivery }) => !begun.has(delivery.job));
      for (const { group, delivery } of refused) await deliveries.remove(connection, group, [delivery]);
      await skipOverdue(connection, deliveries);
    }
    return claims;
  });
}

interface LimitRow {
  readonly limits: { readonly grp: string; readonly slots: number }[] | null;
}

/**
 * The lock makes claims of a limited group come one after the other. Without the settings, which hold for the
 * transaction, the planner may sort all that is queued to find the first few: it takes them to be fewer than
 * they are. A plan that must sort all the same would then seem worth compiling.
 */
const LIMITS = `
  select set_config('enable_sort', 'off', true), set_config('jit', 'off', true), (
    select json_agg(json_build_object('grp', grp, 'slots', slots)) from (
      select grp, slots, pg_advisory_xact_lock(hashtextextended('spillway_jobs group ' || grp, 0))
      from (select grp, slots from spillway_jobs.group_limit where grp = any($1) order by grp) sorted
      offset 0) locked
  ) as limits`;

/**
 * How many of each group the limits in all let through. The count has to be a later statement, or it would
 * not see what the claim before has taken.
 */
async function withinLimits(
  connection: Connection,
  wanted: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> {
  const [row] = await connection.query<LimitRow>(LIMITS, [[...wanted.keys()]]);
  const limits = row?.limits ?? [];
  if (limits.length === 0) return wanted;
  const counts = await connection.query<{ grp: string; count: string }>(
    `select grp, count(*) from spillway_jobs.job where state = 'running' and grp = any($1) group by grp`,
    [limits.map(({ grp }) => grp)],
  );
  const running = new Map(counts.map(({ grp, count }) => [grp, Number(count)]));
  const allowed = new Map(wanted);
  for (const { grp, slots } of limits) {
    const left = Math.min(wanted.get(grp) as number, slots - (running.get(grp) ?? 0));
    if (left > 0) allowed.set(grp, left);
    else allowed.delete(grp);
  }
  return allowed;
}

interface ClaimRow extends SpecRow {
  readonly id: string;
  readonly number: number;
  readonly fence: Fence | null;
  readonly over_ms: number | null;
}

/**
 * An attempt before may have left processes if it was lost after its fence was committed, and no later one
 * has committed its own: each does so when it has ended what the one before it left.
 */
const BEGIN = `
  with given as (select * from unnest($2::bigint[], $3::int[]) as g(job, delivery)),
  taken as (
    update spillway_jobs.job j set state = 'running', attempt = j.attempt + 1, worker = $1, reason = null
    from given g
    where j.id = g.job and j.delivery = g.delivery and j.state = 'queued'
      and (j.deadline is null or j.deadline > now())
    returning j.*
  ), made as (
    insert into spillway_jobs.attempt (job, number, worker, lease_until)
    select id, attempt, $1, now() + $4 * interval '1 ms' from taken
  )
  select t.id, t.attempt as number, t.command, t.options, t.grp, t.priority, t.run_at, t.deadline,
    t.unique_key, before.fence, extract(epoch from now() - before.lease_until)::float8 * 1000 as over_ms
  from taken t left join lateral (
    select a.fence, a.lease_until, a.is_lost from spillway_jobs.attempt a
    where a.job = t.id and t.attempt > 1 and a.fence is not null order by a.number desc limit 1
  ) before on before.is_lost`;

async function begin(
  connection: Connection,
  worker: string,
  taken: readonly Delivery[],
  leaseMs: number,
): Promise<Claim[]> {
  const rows = await connection.query<ClaimRow>(BEGIN, [
    worker,
    taken.map(({ job }) => job),
    taken.map(({ delivery }) => delivery),
    leaseMs,
  ]);
  const claims = rows.map(({ id, number, fence, over_ms, ...row }) => ({
    job: Number(id),
    number,
    spec: specOf(row),
    lost: fence === null ? undefined : { fence, msSinceLeaseOver: over_ms ?? 0 },
  }));
  return claims.sort((a, b) => b.spec.priority - a.spec.priority || a.job - b.job);
}

export async function commit(
  { database }: Base,
  worker: string,
  fences: readonly Fence[],
): Promise<Set<number>> {
  if (fences.length === 0) return new Set();
  const rows = await database.query<{ job: string }>(
    `update spillway_jobs.attempt a set fence = g.fence::json
     from unnest($2::bigint[], $3::int[], $4::text[]) as g(job, number, fence)
     where a.job = g.job and a.number = g.number and a.worker = $1 and a.ended is null
       and a.lease_until > now()
     returning a.job`,
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
