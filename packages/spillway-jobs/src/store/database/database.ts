/**
 * The seam to PostgreSQL: statements, transactions, and errors in words. Every function of it rejects with a
 * JobsError; a connection that breaks while it is idle is replaced in silence.
 */
import pg from 'pg';
import { isCollision, isUnreachable, JobsError, jobsErrorOf } from '../error.js';
import { Slots } from './slots.js';

export type Row = Record<string, unknown>;

/** What a statement can be given to: a connection in a transaction, or any free one. */
export interface Connection {
  /** Text without values goes by the simple protocol, and may hold several statements. */
  query<R extends object = Row>(text: string, values?: readonly unknown[]): Promise<R[]>;
}

export interface DatabaseOptions {
  readonly config: pg.PoolConfig;
  /** For messages: without the password. */
  readonly where: string;
  /** Called when no connection could be made; resolves when it is worth another try. */
  readonly revive?: (() => Promise<void>) | undefined;
  /** Of how much at once. Default: 4. */
  readonly connections?: number | undefined;
}

/** A query that has no answer by then is given up with its connection. */
const QUERY_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** The server ends a transaction of a program that has stopped, as it holds locks that others wait for. */
const IDLE_IN_TRANSACTION_MS = 5000;
const MOST_COLLISIONS = 10;

export class Database implements Connection {
  readonly where: string;
  readonly #pool: pg.Pool;
  readonly #revive: (() => Promise<void>) | undefined;
  readonly #slots: Slots;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  constructor({ config, where, revive, connections = 4 }: DatabaseOptions) {
    this.where = where;
    this.#revive = revive;
    this.#slots = new Slots(connections);
    this.#pool = new pg.Pool({
      max: connections,
      idleTimeoutMillis: 60_000,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      keepAlive: true,
      application_name: 'spillway-jobs',
      ...config,
    });
    // A connection that breaks while it is idle; without a listener that would end the program.
    this.#pool.on('error', () => {});
    // One that is given up may still be told why it ends.
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  async query<R extends object = Row>(text: string, values?: readonly unknown[]): Promise<R[]> {
    // An error among several statements may leave their transaction open.
    const isSingle = values !== undefined;
    return this.#again(() => this.#with((client) => rowsOf<R>(client, text, values), isSingle));
  }

  /** Runs it in a transaction, again when that collides with another one: it must have no other effect. */
  async transaction<T>(body: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#again(() => this.#with((client) => transact(client, body)));
  }

  async #again<T>(body: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await body();
      } catch (error) {
        if (tries === MOST_COLLISIONS || !isCollision((error as JobsError).cause)) throw error;
      }
    }
  }

  /** Lets what is under way come to its end. */
  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#underWay).then(() => this.#pool.end());
    return this.#closed;
  }

  async #with<T>(body: (client: pg.PoolClient) => Promise<T>, isSoundAfterError?: boolean): Promise<T> {
    if (this.#closed) throw new JobsError('ERR_JOBS_CLOSED', `the store at ${this.where} has been closed`);
    const call = this.#slots.use(() => this.#call(body, isSoundAfterError));
    this.#underWay.add(call);
    try {
      return await call;
    } finally {
      this.#underWay.delete(call);
    }
  }

  /** `isSoundAfterError`: an error that the server answers with leaves the connection as it was. */
  async #call<T>(body: (client: pg.PoolClient) => Promise<T>, isSoundAfterError = true): Promise<T> {
    const client = await this.#client();
    let failure: unknown;
    // One that breaks while it is in use tells so by an event, too.
    const broken = (error: unknown) => {
      failure ??= error;
    };
    client.on('error', broken);
    try {
      return await body(client);
    } catch (error) {
      failure ??= error;
      throw jobsErrorOf(error, this.where);
    } finally {
      client.off('error', broken);
      client.release(failure !== undefined && !(isSoundAfterError && isHarmless(failure)));
    }
  }

  async #client(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      if (!this.#revive || !isUnreachable(error)) throw jobsErrorOf(error, this.where);
    }
    await this.#revive();
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw jobsErrorOf(error, this.where);
    }
  }
}

/** An error that the server answered with: the connection itself is sound. */
function isHarmless(error: unknown): boolean {
  return (
    error instanceof JobsError ||
    (error instanceof pg.DatabaseError && (error as { severity?: string }).severity === 'ERROR')
  );
}

async function transact<T>(client: pg.PoolClient, body: (connection: Connection) => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    const result = await body({ query: (text, values) => rowsOf(client, text, values) });
    const { command } = await client.query('commit');
    // A statement has failed whose error the body has not passed on.
    if (command === 'ROLLBACK') throw new Error('the transaction was rolled back');
    return result;
  } catch (error) {
    try {
      await client.query('rollback');
    } catch (cause) {
      // The connection has broken, which explains the first error, too.
      throw isHarmless(error) ? cause : error;
    }
    throw error;
  }
}

async function rowsOf<R>(client: pg.PoolClient, text: string, values?: readonly unknown[]): Promise<R[]> {
  const result = values ? await client.query(text, [...values]) : await client.query(text);
  // Several statements give a list of results.
  return (Array.isArray(result) ? (result.at(-1)?.rows ?? []) : result.rows) as R[];
}
