/** What a PostgreSQL can refuse, and how it can go away. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Job } from '../../src/queue/job.js';
import { JobsError, openStore, type Store } from '../../src/store/index.js';
import { Postgres, postgresObstacle } from '../helpers/postgres.js';
import { addOne, failure, runNext, spec, take, workerSpec } from '../helpers/stores.js';

async function refusal(promise: Promise<unknown>): Promise<JobsError> {
  try {
    await promise;
  } catch (error) {
    expect(error).toBeInstanceOf(JobsError);
    return error as JobsError;
  }
  throw new Error('it was not refused');
}

const reasonOf = (one: PromiseSettledResult<unknown>) => (one.status === 'rejected' ? [one.reason] : []);

const title = 'a PostgreSQL that refuses or goes away';

describe.skipIf(postgresObstacle !== undefined)(
  postgresObstacle ? `${title} (skipped: ${postgresObstacle})` : title,
  () => {
    let server: Postgres;
    let count = 0;
    const open: Store[] = [];

    beforeAll(async () => {
      server = await Postgres.start();
    });
    afterAll(() => server.end());
    afterEach(async () => {
      for (const store of open.splice(0)) await store[Symbol.asyncDispose]();
    });

    const fresh = () => server.create(`faults${count++}`);
    async function opened(url: string): Promise<Store> {
      const store = await openStore({ url });
      open.push(store);
      return store;
    }

    it.each([
      ['nothing listens', 'postgres://u:secret@127.0.0.1:1/x', /ECONNREFUSED.*start it/],
      ['its host does not exist', 'postgres://u:secret@nowhere.invalid/x', /nowhere\.invalid/],
      ['its socket does not exist', 'postgres://u:secret@h/x?host=/nowhere', /ENOENT.*start it/],
      ['the address is no address', 'mysql://u:secret@h/x', /postgres:\/\/USER/],
      ['the address has no scheme', 'u:secret@h/x', /postgres:\/\/USER/],
    ])('says so when %s, without the password', async (_, url, words) => {
      const { code, message } = await refusal(openStore({ url }));
      expect(code).toBe('ERR_JOBS_NO_DATABASE');
      expect(message).toMatch(words);
      expect(message).not.toContain('secret');
    });

    it('says which database does not exist', async () => {
      const { code, message } = await refusal(openStore({ url: server.url('nowhere') }));
      expect([code, message]).toEqual([
        'ERR_JOBS_NO_DATABASE',
        expect.stringMatching(/"nowhere".*create it/),
      ]);
    });

    it('says who is refused for a wrong password, or for none', async () => {
      await server.query(`create role guest login password 'right'`);
      await server.askForPasswords();
      const url = (await fresh()).replace('tester@', 'guest:wrong-one@');
      for (const address of [url, url.replace(':wrong-one', '')]) {
        const { code, message } = await refusal(openStore({ url: address }));
        expect([code, message]).toEqual(['ERR_JOBS_PASSWORD', expect.stringMatching(/guest.*DATABASE_URL/)]);
        expect(message).not.toContain('wrong-one');
      }
      // Whom it lets in may still have no right to make tables.
      const { code, message } = await refusal(openStore({ url: url.replace('wrong-one', 'right') }));
      expect([code, message]).toEqual(['ERR_JOBS_PRIVILEGE', expect.stringMatching(/grant CREATE/)]);
    });

    it('refuses tables of another version, and says which library made them', async () => {
      const url = await fresh();
      await opened(url);
      const name = `faults${count - 1}`;
      await server.query(`update spillway_jobs.meta set schema_version = 7, library = '3.0.0'`, name);
      const newer = await refusal(openStore({ url }));
      expect([newer.code, newer.message]).toEqual([
        'ERR_JOBS_SCHEMA',
        expect.stringMatching(/version 7, made by spillway-jobs 3\.0\.0.*update spillway-jobs here/),
      ]);
      await server.query(`update spillway_jobs.meta set schema_version = 0, library = '0.0.1'`, name);
      const older = await refusal(openStore({ url }));
      expect([older.code, older.message]).toEqual([
        'ERR_JOBS_SCHEMA',
        expect.stringMatching(/version 0.*0\.0\.1/),
      ]);
      expect(await server.query('select schema_version from spillway_jobs.meta', name)).toEqual([
        { schema_version: 0 },
      ]);
    });

    it('makes the tables once when several programs come at the same time', async () => {
      const url = await fresh();
      const stores = await Promise.all([0, 1, 2, 3, 4, 5].map(() => opened(url)));
      const groups = stores.map((store) => addOne(store, { group: 'new' }));
      expect(new Set(await Promise.all(groups)).size).toBe(6);
    });

    it('says that the disk is full, and loses nothing that was there', async () => {
      const url = await fresh();
      const store = await opened(url);
      const id = await addOne(store);
      const name = `faults${count - 1}`;
      // As the server says it for ENOSPC; a disk of the test's own would need a privilege.
      await server.query(
        `create function spillway_jobs.full() returns trigger language plpgsql as $$ begin
           raise exception 'could not extend file "base/1/2": No space left on device'
             using errcode = '53100', hint = 'Check free disk space.'; end $$;
         create trigger full_disk before insert on spillway_jobs.job execute function spillway_jobs.full()`,
        name,
      );
      const { code, message } = await refusal(store.add([spec()]));
      expect([code, message]).toEqual(['ERR_JOBS_DISK_FULL', expect.stringMatching(/is full.*make room/)]);
      await server.query('drop trigger full_disk on spillway_jobs.job', name);
      expect(await addOne(store)).toBeGreaterThan(id);
    });

    it.each(['fast', 'immediate'] as const)(
      'rejects while the server is away after a stop that is %s, and goes on when it is back',
      async (how) => {
        const store = await opened(await fresh());
        const id = await addOne(store);
        const worker = await store.enrol(workerSpec());
        const done = new Job(store, id, true).done({ timeout: '50s' });
        const inFlight = Promise.allSettled(Array.from({ length: 30 }, () => store.add([spec()])));
        await server.stop(how);
        for (const { code } of (await inFlight).flatMap(reasonOf))
          expect(['ERR_JOBS_CONNECTION', 'ERR_JOBS_NO_DATABASE']).toContain(code);
        for (let tries = 0; tries < 3; tries++) {
          expect((await refusal(store.list({}))).code).toBe('ERR_JOBS_NO_DATABASE');
          expect((await refusal(store.beat(worker, 1000))).code).toBe('ERR_JOBS_NO_DATABASE');
        }
        await server.restart();
        await runNext(store, worker, id);
        expect((await done).state).toBe('succeeded');
      },
    );

    it('keeps what it has said that it has added, when the server fails in the middle', async () => {
      const store = await opened(await fresh());
      const known: number[] = [];
      let isOver = false;
      const adding = (async () => {
        while (!isOver)
          await addOne(store).then(
            (id) => known.push(id),
            () => new Promise((resolve) => setTimeout(resolve, 20)),
          );
      })();
      for (let restarts = 0; restarts < 2; restarts++) {
        const before = known.length;
        await expect.poll(() => known.length).toBeGreaterThan(before + 5);
        await server.stop('immediate');
        await server.restart();
      }
      isOver = true;
      await adding;
      const kept = new Set((await store.list({ limit: Number.POSITIVE_INFINITY })).map(({ id }) => id));
      expect(known.filter((id) => !kept.has(id))).toEqual([]);
      // Each can be taken: no delivery is missing, and none is twice.
      const worker = await store.enrol(workerSpec());
      const claims = await take(store, worker, kept.size + 10);
      expect(new Set(claims.map(({ job }) => job))).toEqual(kept);
      expect(claims.length).toBe(kept.size);
    });

    it('ends a transaction of a program that was stopped in it, so that others go on', async () => {
      const url = await fresh();
      const store = await opened(url);
      const id = await addOne(store, { retries: 1 });
      const stalled = await StallingProxy.start(join(server.directory, '.s.PGSQL.5432'));
      try {
        const worker = await store.enrol(workerSpec());
        await take(store, worker);
        const other = await opened(`postgres://tester@127.0.0.1:${stalled.port}/faults${count - 1}`);
        // It has locked the job by then.
        stalled.stallAfter('for update of a, j');
        const hung = refusal(other.settle(worker, [{ job: id, number: 1, outcome: failure() }]));
        await expect.poll(() => stalled.isStalled, { timeout: 20_000 }).toBe(true);
        const began = performance.now();
        expect(await store.stop(id)).toBe(true);
        expect(performance.now() - began).toBeLessThan(20_000);
        stalled.end();
        expect((await hung).code).toBe('ERR_JOBS_CONNECTION');
        await store.settle(worker, [{ job: id, number: 1, outcome: failure() }]);
        expect((await store.get(id))?.state).toBe('stopped');
      } finally {
        stalled.end();
      }
    });
  },
);

/** Lets nothing through any more, from a certain statement on, and breaks no connection. */
class StallingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #text: string | undefined;
  isStalled = false;

  private constructor(path: string) {
    this.#server = createServer((client) => {
      const upstream = connect(path);
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          client.destroy();
          upstream.destroy();
        });
      }
      client.on('data', (bytes) => {
        if (this.isStalled) return;
        upstream.write(bytes);
        if (this.#text !== undefined && bytes.includes(this.#text)) this.isStalled = true;
      });
      upstream.on('data', (bytes) => {
        if (!this.isStalled) client.write(bytes);
      });
    });
  }

  static async start(path: string): Promise<StallingProxy> {
    const proxy = new StallingProxy(path);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  stallAfter(text: string): void {
    this.#text = text;
  }

  end(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
