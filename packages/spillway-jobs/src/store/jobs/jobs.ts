/** Jobs as users see them: added, looked at, stopped, tried again, removed. */

import type { JobInfo, JobState, ListOptions } from '../../job/index.js';
import { isOpen } from '../../job/index.js';
import { type Base, type Connection, type Deliveries, onEndAt, type Sending } from '../database/index.js';
import { isUniqueViolation, JobsError } from '../error.js';
import type { JobSpec } from '../store.js';
import { release } from './dependents.js';
import { INFO_COLUMNS, type JobRow } from './job-row.js';
import { needFailed } from './need.js';
import { noteContext } from './notes.js';
import { commandText, infoOf, optionsText } from './rows.js';

const LIST_LIMIT = 1000;
const ALL_OPEN = `('waiting', 'queued', 'running')`;

export interface Added {
  readonly id: number;
  readonly isNew: boolean;
}

export async function add({ database, deliveries }: Base, specs: readonly JobSpec[]): Promise<Added[]> {
  if (specs.length === 0) return [];
  await deliveries.ensure(specs.map(({ group }) => group));
  return database.transaction((connection) => addIn(connection, deliveries, specs));
}

/** In a transaction. The groups must have their queues. */
export async function addIn(
  connection: Connection,
  deliveries: Deliveries,
  specs: readonly JobSpec[],
): Promise<Added[]> {
  const states = await lockNeeded(connection, specs);
  const results: (Added | undefined)[] = specs.map(() => undefined);
  let left = specs.map((_, index) => index);
  // An open job with the same name may end between the refusal to add another and the look at it.
  while (left.length > 0) {
    const rows = await insert(
      connection,
      left.map((index) => specs[index] as JobSpec),
      states,
    );
    for (const [at, { id, is_new }] of rows.entries())
      if (is_new) results[left[at] as number] = { id: Number(id), isNew: true };
    const fresh = rows.flatMap((row, at) =>
      row.is_new ? [{ row, spec: specs[left[at] as number] as JobSpec }] : [],
    );
    await link(connection, fresh, states);
    await deliveries.send(
      connection,
      fresh.flatMap(({ row, spec }) => sendingOf(row, spec)),
    );
    left = left.filter((index) => results[index] === undefined);
    if (left.length === 0) break;
    const open = await connection.query<{ id: string; unique_key: string }>(
      `select id, unique_key from spillway_jobs.job where state in ${ALL_OPEN} and unique_key = any($1)`,
      [left.map((index) => specs[index]?.unique)],
    );
    const idOf = new Map(open.map(({ id, unique_key }) => [unique_key, Number(id)]));
    for (const index of left) {
      const id = idOf.get(specs[index]?.unique as string);
      if (id !== undefined) results[index] = { id, isNew: false };
    }
    left = left.filter((index) => results[index] === undefined);
  }
  return results as Added[];
}

interface Inserted {
  readonly id: string;
  readonly is_new: boolean;
  readonly state: JobState;
  readonly run_at: Date;
}

const INSERT = `
  with given as materialized (
    select nextval(pg_get_serial_sequence('spillway_jobs.job', 'id')) as id, g.* from unnest(
      $1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::int[], $8::timestamptz[],
      $9::float8[], $10::timestamptz[], $11::text[]
    ) with ordinality as g(
      command, options, grp, priority, state, unique_key, attempts, run_at, delay_ms, deadline, reason, n
    )
  ), made as (
    insert into spillway_jobs.job (id, command, options, grp, priority, state, unique_key, attempts, run_at,
      deadline, reason, delivery, on_end_at)
    select id, command::json, options::json, grp, priority, state, unique_key, attempts,
      coalesce(run_at, now() + delay_ms * interval '1 ms'), deadline, reason, (state = 'queued')::int,
      case when state = 'skipped' then ${onEndAt('options::json')} end
    from given order by n
    on conflict (unique_key) where unique_key is not null and state in ${ALL_OPEN} do nothing
    returning id, run_at
  )
  select given.id, given.state, made.id is not null as is_new, made.run_at
  from given left join made using (id) order by n`;

async function insert(
  connection: Connection,
  specs: readonly JobSpec[],
  states: ReadonlyMap<number, JobState>,
): Promise<Inserted[]> {
  const begins = specs.map((spec) => firstState(spec, states));
  return connection.query<Inserted>(INSERT, [
    specs.map(commandText),
    specs.map(optionsText),
    specs.map(({ group }) => group),
    specs.map(({ priority }) => priority),
    begins.map(({ state }) => state),
    specs.map(({ unique }) => unique ?? null),
    specs.map(({ retries }) => attemptsOf(retries)),
    specs.map(({ runAt }) => runAt ?? null),
    specs.map(({ delayMs }) => delayMs),
    specs.map(({ deadline }) => deadline ?? null),
    begins.map(({ reason }) => reason ?? null),
  ]);
}

/** Below the range of an int by so much that lost attempts, which come on top, have room. */
export function attemptsOf(retries: number): number {
  return Math.min(retries, 1_000_000_000) + 1;
}

function firstState(
  { after }: JobSpec,
  states: ReadonlyMap<number, JobState>,
): { state: JobState; reason?: string } {
  const bad = after.find(({ id, ok }) => ok && isEndedBadly(states.get(id) as JobState));
  if (bad) return { state: 'skipped', reason: needFailed(bad.id, states.get(bad.id) as JobState) };
  return { state: after.some(({ id }) => isOpen(states.get(id) as JobState)) ? 'waiting' : 'queued' };
}

function isEndedBadly(state: JobState): boolean {
  return !isOpen(state) && state !== 'succeeded';
}

/**
 * The states of what these jobs need. Those cannot end before this transaction, and know that they are
 * needed.
 */
async function lockNeeded(
  connection: Connection,
  specs: readonly JobSpec[],
): Promise<ReadonlyMap<number, JobState>> {
  const needed = [...new Set(specs.flatMap(({ after }) => after.map(({ id }) => id)))];
  if (needed.length === 0) return new Map();
  const rows = await connection.query<{ id: string; state: JobState }>(
    'select id, state from spillway_jobs.job where id = any($1::bigint[]) order by id for update',
    [needed],
  );
  const states = new Map(rows.map(({ id, state }) => [Number(id), state]));
  const unknown = needed.filter((id) => !states.has(id));
  if (unknown.length > 0)
    throw new JobsError('ERR_JOBS_UNKNOWN_JOB', `there is no job ${unknown.join(', ')} to wait for`);
  const open = needed.filter((id) => isOpen(states.get(id) as JobState));
  await connection.query(
    'update spillway_jobs.job set has_dependents = true where id = any($1::bigint[]) and not has_dependents',
    [open],
  );
  return states;
}

async function link(
  connection: Connection,
  fresh: readonly { row: Inserted; spec: JobSpec }[],
  states: ReadonlyMap<number, JobState>,
): Promise<void> {
  const links = fresh
    .filter(({ row }) => row.state === 'waiting')
    .flatMap(({ row, spec }) => spec.after.map(({ id, ok }) => ({ job: row.id, needs: id, ok })))
    .filter(({ needs }) => isOpen(states.get(needs) as JobState));
  if (links.length === 0) return;
  await connection.query(
    `insert into spillway_jobs.dependency (job, needs, is_ok_needed)
     select job, needs, bool_or(ok) from unnest($1::bigint[], $2::bigint[], $3::bool[]) as g(job, needs, ok)
     group by job, needs`,
    [links.map(({ job }) => job), links.map(({ needs }) => needs), links.map(({ ok }) => ok)],
  );
}

function sendingOf({ id, state, run_at }: Inserted, { group, priority, runAt, delayMs }: JobSpec): Sending[] {
  if (state !== 'queued') return [];
  const notBefore = runAt !== undefined || delayMs > 0 ? run_at : undefined;
  return [{ job: Number(id), delivery: 1, group, priority, notBefore }];
}

export async function get({ database }: Base, id: number): Promise<JobInfo | undefined> {
  const rows = await database.query<JobRow>(`select ${INFO_COLUMNS} from spillway_jobs.job j where id = $1`, [
    id,
  ]);
  return (await infosOf(database, rows))[0];
}

export async function list({ database }: Base, options: ListOptions): Promise<JobInfo[]> {
  const { states, group, limit = LIST_LIMIT } = options;
  // The index of open jobs serves statements that name them.
  const open = states?.every(isOpen) ? `and j.state in ${ALL_OPEN}` : '';
  const rows = await database.query<JobRow>(
    `select ${INFO_COLUMNS} from spillway_jobs.job j
     where ($1::text[] is null or j.state = any($1)) and ($2::text is null or j.grp = $2) ${open}
     order by j.id desc limit $3`,
    [states ?? null, group ?? null, Number.isFinite(limit) ? limit : null],
  );
  return infosOf(database, rows);
}

export async function infosOf(connection: Connection, rows: readonly JobRow[]): Promise<JobInfo[]> {
  const context = await noteContext(connection, rows);
  return rows.map((row) => infoOf(row, context));
}

interface StopRow {
  readonly state: JobState;
  readonly grp: string;
  readonly delivery: number;
  readonly has_dependents: boolean;
}

export async function stop({ database, deliveries }: Base, id: number): Promise<boolean> {
  const stopped = await database.transaction(async (connection) => {
    const [row] = await connection.query<StopRow>(
      'select state, grp, delivery, has_dependents from spillway_jobs.job where id = $1 for update',
      [id],
    );
    if (!row || !isOpen(row.state)) return undefined;
    if (row.state === 'running') {
      await connection.query('update spillway_jobs.job set is_to_stop = true where id = $1', [id]);
      return row;
    }
    await connection.query(
      `update spillway_jobs.job set state = 'stopped',
         reason = 'stopped before ' || case attempt when 0 then 'it began' else 'its next attempt' end,
         on_end_at = ${onEndAt('options')} where id = $1`,
      [id],
    );
    await connection.query('delete from spillway_jobs.dependency where job = $1', [id]);
    if (row.has_dependents) await release(connection, deliveries, [id]);
    return row;
  });
  // Not in the transaction: a claim locks deliveries before jobs. What is left of them is refused there.
  if (stopped?.state === 'queued')
    await deliveries.remove(database, stopped.grp, [{ job: id, delivery: stopped.delivery }]);
  return stopped !== undefined;
}

export async function retry({ database, deliveries }: Base, id: number): Promise<boolean> {
  const [job] = await database.query<{ grp: string; unique_key: string | null }>(
    'select grp, unique_key from spillway_jobs.job where id = $1',
    [id],
  );
  if (!job) return false;
  await deliveries.ensure([job.grp]);
  try {
    return await database.transaction(async (connection) => {
      const rows = await connection.query<{ delivery: number; grp: string; priority: number }>(
        `update spillway_jobs.job set state = 'queued', failures = 0, losses = 0, is_to_stop = false,
           on_end_at = null, reason = null, delivery = delivery + 1, run_at = now(),
           attempts = attempt + least(coalesce((options->>'retries')::float8, 1e9), 1e9)::int + 1,
           deadline = case when deadline > now() then deadline end
         where id = $1 and state in ('failed', 'stopped', 'skipped', 'lost')
         returning delivery, grp, priority`,
        [id],
      );
      const sendings = rows.map(({ delivery, grp, priority }) => ({
        ...{ job: id, delivery, priority },
        group: grp,
        notBefore: undefined,
      }));
      await deliveries.send(connection, sendings);
      return rows.length > 0;
    });
  } catch (error) {
    if (!(error instanceof JobsError) || !isUniqueViolation(error.cause)) throw error;
    const text = `job ${id} cannot be tried again: another job with its name "${job.unique_key}" is open`;
    throw new JobsError('ERR_JOBS_UNIQUE', text, { cause: error });
  }
}

/** In parts, so that no transaction holds others up for long. */
const CLEAN_AT_ONCE = 1000;

export async function clean({ database }: Base, olderThanMs: number): Promise<number> {
  for (let removed = 0; ; ) {
    const rows = await database.query(
      `delete from spillway_jobs.job where id in (
         select id from spillway_jobs.job
         where state not in ${ALL_OPEN} and since <= now() - $1 * interval '1 ms' and on_end_at is null
         limit ${CLEAN_AT_ONCE} for update skip locked)
       returning id`,
      [olderThanMs],
    );
    removed += rows.length;
    if (rows.length < CLEAN_AT_ONCE) return removed;
  }
}
