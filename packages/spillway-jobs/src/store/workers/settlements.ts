/** Outcomes: what they make of jobs, and of others that wait for those. */
import type { Outcome } from '../../attempt/index.js';
import type { JobState } from '../../job/index.js';
import { isOpen } from '../../job/index.js';
import {
  type Base,
  type Connection,
  type Deliveries,
  ON_END_TAKEN,
  onEndAt,
  sendingOf,
} from '../database/index.js';
import { INFO_COLUMNS, infoOf, type JobRow, NO_CONTEXT, release } from '../jobs/index.js';
import type { EndedJob, Settlement, WorkerSpec } from '../store.js';
import { type Verdict, verdictOn } from './verdict.js';

export async function settle(
  { database, deliveries }: Base,
  worker: string,
  settlements: readonly Settlement[],
): Promise<EndedJob[]> {
  const good = settlements.filter(({ outcome }) => outcome.ok);
  const simple = good.length === 0 ? [] : await succeed(database, worker, good);
  const done = new Set(simple.map(({ info }) => info.id));
  const rest = settlements.filter(({ job }) => !done.has(job));
  if (rest.length === 0) return simple;
  const more = await database.transaction((connection) => settleIn(connection, deliveries, rest, worker));
  return [...simple, ...more];
}

/** Those that have succeeded, and that nothing waits for: most, so in one round trip. */
async function succeed(
  database: Connection,
  worker: string,
  good: readonly Settlement[],
): Promise<EndedJob[]> {
  const rows = await database.query<JobRow & { on_end: string | null }>(
    `select ${INFO_COLUMNS}, j.options->>'onEnd' as on_end from spillway_jobs.succeed($1, $2, $3, $4) j`,
    [
      worker,
      good.map(({ job }) => job),
      good.map(({ number }) => number),
      good.map(({ outcome }) => JSON.stringify(outcome)),
    ],
  );
  return rows.map((row) => ({ info: infoOf(row, NO_CONTEXT), onEnd: row.on_end ?? undefined }));
}

interface HeldRow {
  readonly job: string;
  readonly number: number;
  readonly attempts: number;
  readonly failures: number;
  readonly losses: number;
  readonly has_run: boolean;
  readonly is_to_stop: boolean;
  readonly grp: string;
  readonly priority: number;
  readonly delivery: number;
  readonly backoff_ms: number | null;
  readonly deadline_ms: number | null;
}

/** Only attempts that have not ended, and that this worker holds if one is named. */
const HELD = `
  select a.job, a.number, j.attempts, j.failures, j.losses, j.is_to_stop, j.grp, j.priority, j.delivery,
    a.fence is not null as has_run, (j.options->>'backoffMs')::float8 as backoff_ms,
    extract(epoch from j.deadline - now())::float8 * 1000 as deadline_ms
  from unnest($1::bigint[], $2::int[]) as g(job, number)
  join spillway_jobs.attempt a on a.job = g.job and a.number = g.number
  join spillway_jobs.job j on j.id = a.job
  where a.ended is null and ($3::text is null or a.worker = $3)
  order by a.job for update of a, j`;

const SETTLE = `
  with given as (
    select * from unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::float8[], $6::int[], $7::int[],
      $8::int[], $9::text[], $10::bool[])
      as g(job, number, outcome, state, delay_ms, attempts, failures, losses, reason, is_lost)
  ), a as (
    update spillway_jobs.attempt a set ended = now(), outcome = g.outcome::json, is_lost = g.is_lost
    from given g where a.job = g.job and a.number = g.number
  )
  update spillway_jobs.job j set state = g.state, outcome = g.outcome::json, attempts = g.attempts,
    failures = g.failures, losses = g.losses, reason = g.reason,
    delivery = j.delivery + (g.state = 'queued')::int,
    run_at = case when g.state = 'queued' then now() + g.delay_ms * interval '1 ms' else j.run_at end,
    on_end_at = case when g.state <> 'queued'
      then ${onEndAt('j.options', `case when $11 then now() else ${ON_END_TAKEN} end`)} end
  from given g where j.id = g.job
  returning ${INFO_COLUMNS}, j.delivery, j.has_dependents, j.options->>'onEnd' as on_end`;

interface SettledRow extends JobRow {
  readonly delivery: number;
  readonly has_dependents: boolean;
  readonly on_end: string | null;
}

/** `worker`: undefined for the attempts of any; then `onEnd` is left to `takeEnded`. */
async function settleIn(
  connection: Connection,
  deliveries: Deliveries,
  settlements: readonly Settlement[],
  worker: string | undefined,
): Promise<EndedJob[]> {
  const held = await connection.query<HeldRow>(HELD, [
    settlements.map(({ job }) => job),
    settlements.map(({ number }) => number),
    worker ?? null,
  ]);
  if (held.length === 0) return [];
  const outcomes = new Map(settlements.map(({ job, number, outcome }) => [`${job}.${number}`, outcome]));
  const judged = held.map((row) => {
    const outcome = outcomes.get(`${row.job}.${row.number}`) as Outcome;
    return { row, outcome, verdict: judge(row, outcome) };
  });
  const settled = await connection.query<SettledRow>(SETTLE, [
    judged.map(({ row }) => row.job),
    judged.map(({ row }) => row.number),
    judged.map(({ outcome }) => JSON.stringify(outcome)),
    judged.map(({ verdict }) => verdict.state),
    judged.map(({ verdict }) => verdict.delayMs),
    judged.map(({ verdict }) => verdict.attempts),
    judged.map(({ verdict }) => verdict.failures),
    judged.map(({ verdict }) => verdict.losses),
    judged.map(({ verdict }) => verdict.reason ?? null),
    judged.map(({ outcome }) => outcome.reason === 'lost'),
    worker === undefined,
  ]);
  await deliverAgain(
    connection,
    deliveries,
    settled.filter(({ state }) => state === 'queued'),
    judged,
  );
  await removeDelivered(connection, deliveries, held);
  const ended = settled.filter(({ state }) => !isOpen(state as JobState));
  const needed = ended.filter(({ has_dependents }) => has_dependents).map(({ id }) => Number(id));
  if (needed.length > 0) await release(connection, deliveries, needed);
  return ended.map((row) => ({ info: infoOf(row, NO_CONTEXT), onEnd: row.on_end ?? undefined }));
}

function judge(row: HeldRow, outcome: Outcome): Verdict {
  return verdictOn(
    {
      attempt: row.number,
      attempts: row.attempts,
      failures: row.failures,
      losses: row.losses,
      hasRun: row.has_run,
      isToStop: row.is_to_stop,
      // Infinity is not stored.
      backoffMs: row.backoff_ms ?? Number.POSITIVE_INFINITY,
      deadlineMs: row.deadline_ms ?? undefined,
    },
    outcome,
  );
}

async function deliverAgain(
  connection: Connection,
  deliveries: Deliveries,
  queued: readonly SettledRow[],
  judged: readonly { row: HeldRow; verdict: Verdict }[],
): Promise<void> {
  const delays = new Map(judged.map(({ row, verdict }) => [row.job, verdict.delayMs]));
  const sendings = queued.map((row) => {
    const sending = sendingOf(row);
    return delays.get(row.id) ? sending : { ...sending, notBefore: undefined };
  });
  await deliveries.send(connection, sendings);
}

async function removeDelivered(
  connection: Connection,
  deliveries: Deliveries,
  held: readonly HeldRow[],
): Promise<void> {
  for (const group of new Set(held.map(({ grp }) => grp))) {
    const done = held.filter(({ grp }) => grp === group);
    await deliveries.remove(
      connection,
      group,
      done.map(({ job, delivery }) => ({ job: Number(job), delivery })),
    );
  }
}

interface WorkerRow {
  readonly name: string;
  readonly place: WorkerSpec['place'];
  readonly pid: number;
  readonly start_time: string;
  readonly version: string;
  readonly groups: Record<string, number>;
  readonly supervisor: WorkerSpec['supervisor'] | null;
}

interface LostRow {
  readonly job: string;
  readonly number: number;
  readonly worker: string;
  readonly claimed: Date;
  readonly ms: number;
}

export async function takeFromDead(
  { database, deliveries }: Base,
  isDead: (worker: WorkerSpec) => boolean,
): Promise<number> {
  const workers = await database.query<WorkerRow>(
    'select name, place, pid, start_time, version, groups, supervisor from spillway_jobs.worker',
    [],
  );
  const dead = workers
    .map(specOfWorker)
    .filter(isDead)
    .map(({ name }) => name);
  const lost = await database.query<LostRow>(
    `select job, number, worker, claimed, extract(epoch from now() - claimed)::float8 * 1000 as ms
     from spillway_jobs.attempt
     where ended is null and (worker = any($1) or lease_until <= now())`,
    [dead],
  );
  let count = 0;
  if (lost.length > 0)
    count = await database.transaction(async (connection) => {
      const still = await stillLost(connection, lost, dead);
      await settleIn(
        connection,
        deliveries,
        still.map((row) => lossOf(row, dead)),
        undefined,
      );
      return still.length;
    });
  if (dead.length > 0) await database.query('delete from spillway_jobs.worker where name = any($1)', [dead]);
  return count;
}

/** Locked: a worker that comes back at this moment renews its lease either before, or not at all. */
async function stillLost(
  connection: Connection,
  lost: readonly LostRow[],
  dead: readonly string[],
): Promise<LostRow[]> {
  const rows = await connection.query<{ job: string; number: number }>(
    `select a.job, a.number from unnest($1::bigint[], $2::int[]) as g(job, number)
     join spillway_jobs.attempt a on a.job = g.job and a.number = g.number
     where a.ended is null and (a.worker = any($3) or a.lease_until <= now())
     order by a.job for update of a`,
    [lost.map(({ job }) => job), lost.map(({ number }) => number), dead],
  );
  const still = new Set(rows.map(({ job, number }) => `${job}.${number}`));
  return lost.filter(({ job, number }) => still.has(`${job}.${number}`));
}

function lossOf({ job, number, worker, claimed, ms }: LostRow, dead: readonly string[]): Settlement {
  const isDead = dead.includes(worker);
  const outcome: Outcome = {
    ok: false,
    reason: 'lost',
    decidedBy: isDead ? 'system' : 'lease',
    message: isDead
      ? `lost: worker ${worker} died`
      : `lost: worker ${worker} did not renew its lease in time`,
    startedAt: claimed.toISOString(),
    durationMs: Math.round(ms),
    leftovers: [],
    output: { bytes: 0, dropped: 0 },
  };
  return { job: Number(job), number, outcome };
}

function specOfWorker({ start_time, supervisor, ...row }: WorkerRow): WorkerSpec {
  return { ...row, startTime: start_time, supervisor: supervisor ?? undefined };
}
