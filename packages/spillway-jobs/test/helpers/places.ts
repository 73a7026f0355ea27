/** Databases for the suite that both kinds have to pass. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import type { OpenOptions } from '../../src/store/index.js';
import { openSqlStore } from '../../src/store/open.js';
import type { SqlStore } from '../../src/store/sql-store.js';
import { Postgres, postgresObstacle } from './postgres.js';

/** One database, emptied before each test. */
export class Place {
  #options: OpenOptions | undefined;
  #store: SqlStore | undefined;

  /** Open in all tests. */
  get store(): SqlStore {
    return this.#store as SqlStore;
  }

  get options(): OpenOptions {
    return this.#options as OpenOptions;
  }

  async begin(options: OpenOptions): Promise<void> {
    this.#options = options;
    this.#store = await openSqlStore(options);
  }

  /** A statement by hand. */
  sql(text: string): Promise<Record<string, unknown>[]> {
    return this.store.base.database.query(text, []);
  }

  async reset(): Promise<void> {
    await this.store.base.database.query(
      `truncate spillway_jobs.job, spillway_jobs.worker, spillway_jobs.group_limit, spillway_jobs.schedule,
         spillway_jobs.attempt, spillway_jobs.log, spillway_jobs.dependency restart identity;
       delete from spillway_jobs_queue.job`,
    );
  }

  async end(): Promise<void> {
    await this.#store?.[Symbol.asyncDispose]();
  }
}

/** Describes it on the database that is at hand sooner: PostgreSQL where that is installed. */
export function describePlace(name: string, body: (place: Place) => void): void {
  describe(name, () => (postgresObstacle ? onEmbedded(body) : onPostgres(body)));
}

/** Describes it twice: on PostgreSQL, where that is installed, and on the embedded database. */
export function describePlaces(name: string, body: (place: Place) => void): void {
  const title = `${name} on PostgreSQL${postgresObstacle ? ` (skipped: ${postgresObstacle})` : ''}`;
  describe.skipIf(postgresObstacle !== undefined)(title, () => onPostgres(body));
  describe(`${name} on the embedded database`, () => onEmbedded(body));
}

function onPostgres(body: (place: Place) => void): void {
  const place = new Place();
  let server: Postgres;
  beforeAll(async () => {
    server = await Postgres.start();
    await place.begin({ url: server.url() });
  });
  afterAll(async () => {
    await place.end();
    await server.end();
  });
  beforeEach(() => place.reset());
  body(place);
}

function onEmbedded(body: (place: Place) => void): void {
  const place = new Place();
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'spillway-jobs-'));
    await place.begin({ stateDirectory: directory });
  });
  afterAll(async () => {
    await place.end();
    rmSync(directory, { recursive: true, force: true });
  });
  beforeEach(() => place.reset());
  body(place);
}
