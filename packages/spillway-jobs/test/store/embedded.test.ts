/** The embedded database: one process owns it, others reach it through a socket, and take its place. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../src/store/index.js';
import type { SqlStore } from '../../src/store/sql-store.js';
import { bundleStore, Program, removeBundles } from '../helpers/bundled.js';
import { addOne, outcome, runNext, spec, take, workerSpec } from '../helpers/stores.js';

describe('the embedded database', () => {
  let directory: string;
  let bundle: string;
  let programs: Program[] = [];
  let open: Store[] = [];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'spillway-jobs-'));
    bundle = await bundleStore();
    // Its files are made once: that takes seconds.
    await (await openStore({ stateDirectory: directory }))[Symbol.asyncDispose]();
  });
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
    removeBundles();
  });
  beforeEach(() => {
    programs = [];
    open = [];
  });
  afterEach(async () => {
    for (const store of open) await store[Symbol.asyncDispose]();
    for (const program of programs) await program.end();
  });

  async function opened(): Promise<Store> {
    const store = await openStore({ stateDirectory: directory });
    open.push(store);
    return store;
  }

  function start(code: string): Program {
    const program = new Program(
      bundle,
      `const store = await openStore({ stateDirectory: ${JSON.stringify(directory)} });\n${code}`,
    );
    programs.push(program);
    return program;
  }

  const holder = () => JSON.parse(readFileSync(join(directory, 'lock'), 'utf8')) as { pid: number };
  const stays = `console.log('open'); setInterval(() => {}, 1000);`;

  it('is this user’s alone', async () => {
    chmodSync(directory, 0o755);
    const store = await opened();
    expect(store.where).toBe(directory);
    const mode = (name: string) => statSync(join(directory, name)).mode & 0o777;
    expect([mode('.'), mode('.s.PGSQL.5432'), mode('lock')]).toEqual([0o700, 0o600, 0o600]);
    expect(holder().pid).toBe(process.pid);
  });

  it('is in the state directory of the user by default, which it makes', async () => {
    const before = process.env.XDG_STATE_HOME;
    const state = mkdtempSync(join(tmpdir(), 'spillway-state-'));
    try {
      process.env.XDG_STATE_HOME = state;
      // So that it need not make files of a database.
      mkdirSync(join(state, 'spillway'), { recursive: true });
      writeFileSync(join(state, 'spillway/jobs'), '');
      await expect(openStore()).rejects.toMatchObject({
        code: 'ERR_JOBS_DIRECTORY',
        message: expect.stringMatching(/spillway\/jobs: .*XDG_STATE_HOME/),
      });
    } finally {
      if (before === undefined) delete process.env.XDG_STATE_HOME;
      else process.env.XDG_STATE_HOME = before;
      rmSync(state, { recursive: true });
    }
  });

  it('refuses a directory whose name is too long for a socket, and one that cannot be made', async () => {
    for (const stateDirectory of [join(directory, 'x'.repeat(100)), '/proc/nowhere', '/dev/null/x'])
      await expect(openStore({ stateDirectory })).rejects.toMatchObject({ code: 'ERR_JOBS_DIRECTORY' });
  });

  it('is owned by the first of several, and the same to all', async () => {
    const owner = start(`console.log((await store.enrol(${JSON.stringify(workerSpec())}))); ${stays}`);
    const name = await owner.line();
    await owner.line();
    const store = await opened();
    expect(holder().pid).toBe(owner.process.pid);
    const id = await addOne(store);
    expect((await store.get(id))?.note).toBe('waits for a worker to take it');
    const other = await opened();
    expect((await take(other, name)).map(({ job }) => job)).toEqual([id]);
    await store.settle(name, [{ job: id, number: 1, outcome: outcome() }]);
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'is taken over at the next statement of another, when its owner ends by %s',
    async (signal) => {
      const owner = start(
        `process.on('SIGTERM', () => store[Symbol.asyncDispose]().then(() => process.exit())); ${stays}`,
      );
      await owner.line();
      const store = await opened();
      const id = await addOne(store);
      const second = start(stays);
      await second.line();
      await owner.end(signal);
      // The first call may find its connection cut, and says so.
      await expect.poll(() => store.get(id).catch(() => undefined)).toMatchObject({ id, state: 'queued' });
      expect(holder().pid).toBe(process.pid);
      const worker = await store.enrol(workerSpec());
      await runNext(store, worker, id);
      await store.leave(worker);
    },
  );

  it('gives each client the answers to its own statements, however long', async () => {
    await opened();
    const clients = await Promise.all(
      [1, 2, 3, 4].map(async (millions) => {
        const client = new pg.Client({ host: directory, user: 'any', database: 'any' });
        await client.connect();
        return { client, length: millions * 1e6 };
      }),
    );
    try {
      const lengths = clients.map(async ({ client, length }) => {
        for (let count = 0; count < 8; count++) {
          const { rows } = await client.query(`select length($1::text) as of_${length}`, [
            'x'.repeat(length),
          ]);
          expect(rows).toEqual([{ [`of_${length}`]: length }]);
        }
      });
      await Promise.all(lengths);
    } finally {
      await Promise.all(clients.map(({ client }) => client.end()));
    }
  });

  it('undoes what a client has not committed when that goes away, or holds up the others', async () => {
    await opened();
    const connect = async () => {
      const client = new pg.Client({ host: directory, user: 'any', database: 'any' });
      client.on('error', () => {});
      await client.connect();
      return client;
    };
    const [gone, stopped, other] = [await connect(), await connect(), await connect()];
    await gone.query('begin');
    await gone.query('create table gone (a int)');
    const look = other.query(`select to_regclass('gone') as found`);
    (gone as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    expect((await look).rows).toEqual([{ found: null }]);
    await stopped.query('begin');
    await stopped.query('create table stopped (a int)');
    const began = performance.now();
    expect((await other.query(`select to_regclass('stopped') as found`)).rows).toEqual([{ found: null }]);
    expect(performance.now() - began).toBeLessThan(20_000);
    await expect(stopped.query('commit')).rejects.toThrow();
    // A statement that fails does so for its client alone.
    await expect(other.query('select $1::int', ['x'])).rejects.toThrow(/invalid input syntax/);
    expect((await other.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await other.end();
  });

  it('makes its files again when a program was killed while it made them', async () => {
    const fresh = mkdtempSync(join(tmpdir(), 'spillway-jobs-'));
    const parts = () => readdirSync(fresh).filter((name) => name.startsWith('part-'));
    const program = new Program(bundle, `await openStore({ stateDirectory: ${JSON.stringify(fresh)} });`);
    programs.push(program);
    try {
      await expect.poll(() => parts().some((name) => existsSync(join(fresh, name, 'base')))).toBe(true);
      await program.end();
      expect(existsSync(join(fresh, 'data'))).toBe(false);
      const store = await openStore({ stateDirectory: fresh });
      open.push(store);
      expect(await addOne(store)).toBe(1);
    } finally {
      for (const store of open.splice(0)) await store[Symbol.asyncDispose]();
      rmSync(fresh, { recursive: true });
    }
  });

  it('does not grow with the jobs that have come and gone', async () => {
    const owner = await opened();
    const sizes: number[] = [];
    for (let round = 0; round < 8; round++) {
      const store = await opened();
      const worker = await store.enrol(workerSpec());
      await store.add(Array.from({ length: 400 }, () => spec({ group: 'many' })));
      for (;;) {
        const claims = await take(store, worker, 100, 'many');
        if (claims.length === 0) break;
        await store.settle(
          worker,
          claims.map(({ job, number }) => ({ job, number, outcome: outcome() })),
        );
      }
      await store.clean(0);
      await store.leave(worker);
      await store.tidy({ ageMs: 1e12, bytes: 1e12 });
      const [row] = await (owner as SqlStore).base.database.query<{ size: number }>(
        `select sum(pg_total_relation_size(c.oid))::int as size from pg_class c
         join pg_namespace n on n.oid = c.relnamespace
         where n.nspname in ('spillway_jobs', 'spillway_jobs_queue') and c.relkind = 'r'`,
        [],
      );
      sizes.push(row?.size as number);
    }
    expect(sizes[7]).toBeLessThan((sizes[3] as number) * 1.1);
  });

  it('closes in order while others use it: they go on with an owner of their own', async () => {
    const first = await openStore({ stateDirectory: directory });
    const second = await opened();
    let isOver = false;
    const added: number[] = [];
    const adding = (async () => {
      while (!isOver)
        await addOne(second, { group: 'many' }).then(
          (id) => added.push(id),
          () => new Promise((resolve) => setTimeout(resolve, 20)),
        );
    })();
    await expect.poll(() => added.length).toBeGreaterThan(5);
    await first[Symbol.asyncDispose]();
    const before = added.length;
    await expect.poll(() => added.length).toBeGreaterThan(before + 5);
    isOver = true;
    await adding;
    const kept = new Set((await second.list({ group: 'many', limit: 1e6 })).map(({ id }) => id));
    expect(added.filter((id) => !kept.has(id))).toEqual([]);
  });
});
