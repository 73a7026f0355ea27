/** Moves all jobs from one database to another. */
import type { Base, Connection } from './database/index.js';
import { JobsError } from './error.js';
import { type OpenOptions, openSqlStore } from './open.js';
import { takeFromDead } from './workers/index.js';

export interface Moved {
  readonly jobs: number;
  /** Of those, jobs that had not ended: they are queued or waiting in the new place. */
  readonly open: number;
  readonly schedules: number;
}

/** Tables in the order in which they refer to each other, with the types of their columns. */
const TABLES = [
  {
    name: 'job',
    columns: {
      ...{ id: 'bigint', command: 'json', options: 'json', grp: 'text', priority: 'int', state: 'text' },
      ...{ unique_key: 'text', attempt: 'int', attempts: 'int', failures: 'int', losses: 'int' },
      ...{ delivery: 'int', run_at: 'timestamptz', deadline: 'timestamptz', created: 'timestamptz' },
      ...{ since: 'timestamptz', is_to_stop: 'bool', has_dependents: 'bool', on_end_at: 'timestamptz' },
      ...{ worker: 'text', outcome: 'json', reason: 'text' },
    },
  },
  { name: 'dependency', columns: { job: 'bigint', needs: 'bigint', is_ok_needed: 'bool' } },
  {
    name: 'attempt',
    columns: {
      ...{ job: 'bigint', number: 'int', worker: 'text', claimed: 'timestamptz', lease_until: 'timestamptz' },
      ...{ fence: 'json', ended: 'timestamptz', is_lost: 'bool', outcome: 'json', log_bytes: 'bigint' },
    },
  },
  {
    name: 'log',
    columns: {
      ...{ job: 'bigint', number: 'int', seq: 'bigint', at: 'timestamptz', stream: 'text', bytes: 'bytea' },
      ...{ gap: 'bigint' },
    },
  },
  { name: 'group_limit', columns: { grp: 'text', slots: 'int' } },
  {
    name: 'schedule',
    columns: {
      ...{ id: 'bigint', cron: 'text', time_zone: 'text', spec: 'json', created: 'timestamptz' },
      ...{ next: 'timestamptz', last_at: 'timestamptz', last_job: 'bigint', last_skipped: 'text' },
    },
  },
] as const satisfies readonly { name: string; columns: Record<string, string> }[];

const ROWS_AT_ONCE = 100;
const OPEN = `('waiting', 'queued', 'running')`;

/**
 * Moves jobs with their attempts, logs and numbers, schedules and limits of groups. What had not ended is
 * stopped in the old place, where the rest stays to be looked at; its schedules are removed.
 *
 * Rejects with JobsError `ERR_JOBS_BUSY` when the new place has jobs or schedules, or a worker is at work in
 * the old one; then nothing has been changed.
 */
export async function migrate(from: OpenOptions, to: OpenOptions): Promise<Moved> {
  await using source = await openSqlStore(from);
  await using target = await openSqlStore(to);
  if (source.where === target.where)
    throw new JobsError('ERR_JOBS_BUSY', `the jobs at ${source.where} cannot be moved to the same place`);
  await requireEmpty(target.base);
  await takeFromDead(source.base, () => false);
  await source.base.database.transaction((old) => move(source.base, old, target.base));
  const [counts] = await target.base.database.query<{ jobs: string; open: string; schedules: string }>(
    `select count(*) as jobs, count(*) filter (where state in ${OPEN}) as open,
       (select count(*) from spillway_jobs.schedule) as schedules from spillway_jobs.job`,
    [],
  );
  return {
    jobs: Number(counts?.jobs),
    open: Number(counts?.open),
    schedules: Number(counts?.schedules),
  };
}

/** The old place is locked until the new one has all of it. */
async function move(source: Base, old: Connection, target: Base): Promise<void> {
  await old.query(
    'lock table spillway_jobs.worker, spillway_jobs.job, spillway_jobs.attempt in exclusive mode',
  );
  await requireIdle(source, old);
  const groups = await old.query<{ grp: string }>(
    `select distinct grp from spillway_jobs.job where state in ${OPEN}`,
  );
  await target.deliveries.ensure(groups.map(({ grp }) => grp));
  await target.database.transaction(async (connection) => {
    for (const table of TABLES) await copy(old, connection, table);
    for (const name of ['job', 'schedule'])
      await connection.query(
        `select setval(pg_get_serial_sequence('spillway_jobs.${name}', 'id'), greatest(max(id), 1))
         from spillway_jobs.${name}`,
      );
    await target.deliveries.send(connection, await target.deliveries.missing(connection));
  });
  await old.query('delete from spillway_jobs.dependency');
  await old.query('delete from spillway_jobs.schedule');
  await old.query(`update spillway_jobs.job set on_end_at = null where on_end_at is not null`);
  await old.query(`update spillway_jobs.job set state = 'stopped', reason = $1 where state in ${OPEN}`, [
    `moved to ${target.database.where}`,
  ]);
}

async function requireEmpty({ database }: Base): Promise<void> {
  const [row] = await database.query<{ used: boolean }>(
    `select exists (select from spillway_jobs.job) or exists (select from spillway_jobs.schedule) as used`,
    [],
  );
  if (row?.used)
    throw new JobsError(
      'ERR_JOBS_BUSY',
      `there are jobs or schedules at ${database.where}: jobs are moved to an empty database only`,
    );
}

async function requireIdle({ database }: Base, old: Connection): Promise<void> {
  const workers = await old.query<{ name: string }>(
    `select name from spillway_jobs.worker where lease_until > now()
     union select worker from spillway_jobs.attempt where ended is null order by 1`,
  );
  if (workers.length === 0) return;
  const names = workers.map(({ name }) => name).join(', ');
  throw new JobsError(
    'ERR_JOBS_BUSY',
    `workers are at work at ${database.where}: ${names}; end them, or wait a minute if they have died`,
  );
}

/** As text, which every type can be written as and read from. */
async function copy(
  old: Connection,
  connection: Connection,
  { name, columns }: { readonly name: string; readonly columns: Readonly<Record<string, string>> },
): Promise<void> {
  const names = Object.keys(columns);
  const texts = names.map((column) => `${column}::text`).join(', ');
  const values = names.map((column) => `g.${column}::${columns[column]}`).join(', ');
  const arrays = names.map((_, index) => `$${index + 1}::text[]`).join(', ');
  await old.query(`declare moved cursor for select ${texts} from spillway_jobs.${name}`);
  for (;;) {
    const rows = await old.query<Record<string, string | null>>(`fetch ${ROWS_AT_ONCE} from moved`);
    if (rows.length === 0) break;
    await connection.query(
      `insert into spillway_jobs.${name} (${names.join(', ')})
       select ${values} from unnest(${arrays}) as g(${names.join(', ')})
       ${name === 'group_limit' ? 'on conflict do nothing' : ''}`,
      names.map((column) => rows.map((row) => row[column] ?? null)),
    );
  }
  await old.query('close moved');
}
