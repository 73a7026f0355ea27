/**
 * Deliveries: each lets one attempt of one job be taken once, in order of priority and time, not before its
 * start. They are jobs of pg-boss, one queue for each group. What it does beyond that is off: the table of
 * jobs is the truth, and leases decide when an attempt is lost.
 */
import PgBoss from 'pg-boss';
import type { Connection, Database } from './database.js';
import { functionsText } from './functions.js';

export interface Delivery {
  readonly job: number;
  /** How many there have been of this job. */
  readonly delivery: number;
}

export interface Sending extends Delivery {
  readonly group: string;
  readonly priority: number;
  /** Undefined for now. */
  readonly notBefore: Date | undefined;
}

/** Of a queued job. */
export interface QueuedRow {
  readonly id: string;
  readonly delivery: number;
  readonly grp: string;
  readonly priority: number;
  readonly run_at: Date;
}

const SCHEMA = 'spillway_jobs_queue';

export class Deliveries {
  readonly #boss: PgBoss;
  readonly #database: Database;
  /** Groups that have a queue. */
  readonly #known = new Set<string>();

  constructor(database: Database) {
    this.#database = database;
    this.#boss = bossOn(database);
  }

  /**
   * Creates its tables, in a transaction of the caller's. Its own, in several statements at once, leaves a
   * connection in a broken transaction when two programs come at the same time.
   */
  async install(connection: Connection): Promise<void> {
    const [row] = await connection.query<{ made: boolean }>(
      `select to_regclass('${SCHEMA}.version') is not null as made`,
    );
    if (row?.made) return;
    const plan = PgBoss.getConstructionPlans(SCHEMA);
    await connection.query(plan.replace(/^\s*BEGIN;/, '').replace(/COMMIT;\s*$/, ''));
  }

  /** Makes the queues of groups. To be called before `send`, outside of a transaction. */
  async ensure(groups: Iterable<string>): Promise<void> {
    const unknown = [...new Set(groups)].filter((group) => !this.#known.has(group));
    if (unknown.length === 0) return;
    const rows = await this.#database.query<{ name: string }>(
      `select q.name from ${SCHEMA}.queue q
       join pg_indexes i on i.schemaname = '${SCHEMA}' and i.indexname = q.partition_name || '_o'
       where q.name = any($1)`,
      [unknown],
    );
    for (const { name } of rows) this.#known.add(name);
    for (const group of unknown.filter((one) => !this.#known.has(one))) {
      await this.#database.transaction((connection) => createQueue(connection, group));
      this.#known.add(group);
    }
  }

  async send(connection: Connection, sendings: readonly Sending[]): Promise<void> {
    if (sendings.length === 0) return;
    const jobs = sendings.map(({ group, priority, notBefore, ...delivery }) => ({
      id: uuidOf(delivery),
      name: group,
      priority,
      ...(notBefore ? { startAfter: notBefore.toISOString() } : {}),
    }));
    await this.#boss.insert(jobs as unknown as PgBoss.JobInsert[], { db: asDb(connection) });
  }

  /** Statements that make the functions of the database, which hold that by which pg-boss takes jobs. */
  async functions(): Promise<string> {
    let fetch = '';
    const db: PgBoss.Db = {
      executeSql: async (text) => {
        fetch = text;
        return { rows: [] };
      },
    };
    await this.#boss.fetch('any', { db });
    return functionsText(SCHEMA, fetch);
  }

  async remove(connection: Connection, group: string, deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    await this.#boss.deleteJob(group, deliveries.map(uuidOf), { db: asDb(connection) });
  }

  /**
   * Removes those that no queued or running job has: of jobs that were stopped, skipped or removed. Also
   * those that a worker took without their job: it was to remove them, and died.
   */
  async removeStale(): Promise<void> {
    await this.#database.query(
      `delete from ${SCHEMA}.job d where not exists (
         select from spillway_jobs.job j
         where d.id = spillway_jobs.delivery_id(j.id, j.delivery) and j.grp = d.name
           and (j.state = 'running' or (j.state = 'queued' and d.state < 'active')))`,
      [],
    );
  }

  /** Those of `queued` jobs that have none, which nothing but a change by hand can bring about. */
  async missing(connection: Connection): Promise<Sending[]> {
    const rows = await connection.query<QueuedRow>(
      `select j.id, j.delivery, j.grp, j.priority, j.run_at from spillway_jobs.job j
       where j.state = 'queued' and not exists (
         select from ${SCHEMA}.job d
         where d.name = j.grp and d.id = spillway_jobs.delivery_id(j.id, j.delivery) and d.state < 'active')
       for update of j`,
    );
    return rows.map(sendingOf);
  }
}

export function sendingOf({ id, delivery, grp, priority, run_at }: QueuedRow): Sending {
  return { job: Number(id), delivery, group: grp, priority, notBefore: run_at };
}

/** The lock: two programs that make queues at the same time would wait for each other for ever. */
async function createQueue(connection: Connection, group: string): Promise<void> {
  await connection.query(`select pg_advisory_xact_lock(hashtextextended('spillway_jobs queues', 0))`);
  await bossOn(connection).createQueue(group);
  const [queue] = await connection.query<{ partition_name: string }>(
    `select partition_name from ${SCHEMA}.queue where name = $1`,
    [group],
  );
  const table = queue?.partition_name as string;
  // In the order of taking: without it, each `take` would sort all that is queued.
  await connection.query(
    `create index if not exists ${table}_o on ${SCHEMA}.${table} (priority desc, created_on, id)
     where state < 'active'`,
  );
}

function bossOn(connection: Connection): PgBoss {
  const boss = new PgBoss({ schema: SCHEMA, supervise: false, schedule: false, db: asDb(connection) });
  // Without a listener, an error of its own would end the program.
  boss.on('error', () => {});
  return boss;
}

function asDb(connection: Connection): PgBoss.Db {
  return { executeSql: async (text, values) => ({ rows: await connection.query(text, values) }) };
}

/** Its bytes in order: those of one statement, which have one time, are taken in the order of their jobs. */
function uuidOf({ job, delivery }: Delivery): string {
  const hex = job.toString(16).padStart(16, '0') + delivery.toString(16).padStart(16, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function deliveryOf(uuid: string): Delivery {
  const hex = uuid.replaceAll('-', '');
  return { job: Number.parseInt(hex.slice(0, 16), 16), delivery: Number.parseInt(hex.slice(16), 16) };
}
