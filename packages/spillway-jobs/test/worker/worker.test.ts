/** One worker, and two, on a PostgreSQL: what becomes of their jobs. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Job, type JobInfo, type JobOptions, type Jobs, openJobs } from '../../src/queue/index.js';
import { openStore, type Store } from '../../src/store/index.js';
import { Worker } from '../../src/worker/worker.js';
import { Postgres, postgresObstacle } from '../helpers/postgres.js';
import { until } from '../helpers/processes.js';
import { workerSpec } from '../helpers/stores.js';
import { noneLeft, openWorker, RUN } from '../helpers/workers.js';

let server: Postgres;
let url: string;
let jobs: Jobs;
let directory: string;
let count = 0;

const sh = (script: string) => ['sh', '-c', script];
const add = (argv: readonly string[], options: JobOptions = {}) =>
  jobs.add(argv, { cwd: directory, env: [RUN], ...options });
const stateOf = async (id: number) => (await jobs.get(id))?.info().then(({ state }: JobInfo) => state);

async function textOf(id: number): Promise<string> {
  const job = await jobs.get(id);
  let text = '';
  for await (const { bytes } of job?.log() ?? []) text += bytes;
  return text;
}

describe.skipIf(postgresObstacle)(`A worker${postgresObstacle ? ` (${postgresObstacle})` : ''}`, () => {
  beforeAll(async () => {
    server = await Postgres.start();
  });
  afterAll(() => server.end());
  beforeEach(async () => {
    url = await server.create(`worker_${++count}`);
    jobs = await openJobs({ url });
    directory = mkdtempSync(join(tmpdir(), 'worker-'));
  });
  afterEach(async () => {
    await noneLeft();
    await jobs[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });

  it('runs jobs, keeps what they write, and tells how they ended', async () => {
    await using worker = await openWorker(url);
    const good = await add(sh('echo out; echo err >&2; echo "$SPILLWAY_ATTEMPT"'));
    const bad = await add(sh('exit 3'));
    const missing = await add(['/no/such/program']);
    const info = await good.done();
    expect(info).toMatchObject({ state: 'succeeded', attempt: 1, worker: worker.name });
    expect(info.outcome).toMatchObject({ ok: true, output: { dropped: 0 } });
    expect((await textOf(good.id)).split('\n').sort()).toEqual(['', `${good.id}.1`, 'err', 'out']);
    expect(await bad.done()).toMatchObject({ state: 'failed', outcome: { exitCode: 3 } });
    expect(await missing.done()).toMatchObject({ state: 'failed', outcome: { reason: 'not-started' } });
    const types = worker.events
      .filter((event) => 'job' in event && event.job === good.id)
      .map(({ type }) => type);
    expect(types).toEqual(['took', 'ended']);
  });

  it('runs as many of a group at a time as it has slots', async () => {
    const script = sh('echo >>running; while ! [ -e go ]; do sleep 0.05; done');
    const all: Job[] = [];
    for (const group of ['default', 'default', 'default', 'default', 'other'])
      all.push(await add(script, { group }));
    await using _ = await openWorker(url, { groups: { default: 2 } });
    const running = () =>
      existsSync(join(directory, 'running')) ? readFileSync(join(directory, 'running')).length : 0;
    await until(() => running() === 2);
    expect(await Promise.all(all.map(({ id }) => stateOf(id)))).toEqual([
      'running',
      'running',
      'queued',
      'queued',
      'queued',
    ]);
    await add(['touch', 'go'], { group: 'free' });
    await using __ = await openWorker(url, { groups: { free: 1 } });
    for (const job of all.slice(0, 4)) expect(await job.done()).toMatchObject({ state: 'succeeded' });
    expect(running()).toBe(4);
    expect(await stateOf(all[4]?.id as number)).toBe('queued');
  });

  it('keeps within the limit that a group has in all, together with another one', async () => {
    await jobs.setGroupLimit('default', 1);
    const script = sh('mkdir alone || echo >>overlap; sleep 0.1; rmdir alone');
    const all = await Promise.all(Array.from({ length: 6 }, () => add(script)));
    await using _ = await openWorker(url);
    await using __ = await openWorker(url);
    for (const job of all) expect(await job.done()).toMatchObject({ state: 'succeeded' });
    expect(existsSync(join(directory, 'overlap'))).toBe(false);
  });

  it('shares jobs with another one, each run once', async () => {
    const all = await jobs.addAll(
      Array.from({ length: 60 }, () => ({
        argv: sh('echo "$SPILLWAY_ATTEMPT" >>ran'),
        cwd: directory,
        env: [RUN],
      })),
    );
    await using _ = await openWorker(url);
    await using __ = await openWorker(url);
    await Promise.all(all.map((job) => job.done()));
    const ran = readFileSync(join(directory, 'ran'), 'utf8').trim().split('\n').sort();
    expect(ran).toEqual(all.map(({ id }) => `${id}.1`).sort());
  });

  it('ends a job that is stopped from elsewhere, with all its processes', async () => {
    await using _ = await openWorker(url);
    const job = await add(sh('setsid sh -c "echo >daemon; exec sleep 300" & exec sleep 300'), { retries: 5 });
    await until(() => existsSync(join(directory, 'daemon')));
    expect(await job.stop()).toBe(true);
    expect(await job.done()).toMatchObject({ state: 'stopped', attempt: 1 });
    await noneLeft();
  });

  it('tries again what has failed, later each time', async () => {
    await using _ = await openWorker(url);
    const job = await add(sh('date +%s%N >>times; test $(wc -l <times) = 3'), { retries: 3, backoff: 300 });
    expect(await job.done()).toMatchObject({ state: 'succeeded', attempt: 3 });
    const times = readFileSync(join(directory, 'times'), 'utf8')
      .trim()
      .split('\n')
      .map((text) => Number(text) / 1e6);
    const [first = 0, second = 0, third = 0] = times;
    expect(second - first).toBeGreaterThan(290);
    expect(third - second).toBeGreaterThan(590);
  });

  it('skips what has not begun by its deadline, and ends what runs then', async () => {
    const late = await add(['touch', 'late'], { deadline: 1 });
    await until(async () => Date.now() > ((await late.info()).deadline?.getTime() ?? 0));
    await using _ = await openWorker(url);
    const long = await add(['sleep', '300'], { deadline: 1500 });
    expect(await late.done()).toMatchObject({ state: 'skipped' });
    expect(await long.done()).toMatchObject({ state: 'failed', outcome: { reason: 'timeout' } });
    expect(existsSync(join(directory, 'late'))).toBe(false);
  });

  it('gives the command at its end the job as JSON, also when it was stopped before it began', async () => {
    const onEnd = (file: string) =>
      `cat >${join(directory, file)}.part && mv ${join(directory, file)}.part ${join(directory, file)}`;
    const queued = await add(['true'], { onEnd: onEnd('queued'), in: '1h' });
    await queued.stop();
    await using _ = await openWorker(url);
    const ran = await add(sh('exit 3'), { onEnd: onEnd('ran') });
    for (const [file, id, state] of [
      ['queued', queued.id, 'stopped'],
      ['ran', ran.id, 'failed'],
    ] as const) {
      await until(() => existsSync(join(directory, file)));
      expect(JSON.parse(readFileSync(join(directory, file), 'utf8'))).toMatchObject({ id, state });
    }
    const due = () =>
      server.query('select id from spillway_jobs.job where on_end_at is not null', `worker_${count}`);
    await until(async () => (await due()).length === 0);
  });

  it('gives back what it runs when it ends, which is no failure', async () => {
    const script =
      'trap "exit 9" TERM; echo >>begun; if [ $(wc -l <begun) = 2 ]; then exit 0; fi; sleep 300 & wait';
    const job = await add(sh(script));
    const worker = await openWorker(url);
    await until(() => existsSync(join(directory, 'begun')));
    await worker.end();
    expect(worker.events.at(-1)).toEqual({ type: 'left' });
    expect(await job.info()).toMatchObject({ state: 'queued', attempt: 1 });
    await noneLeft();
    await using _ = await openWorker(url);
    expect(await job.done()).toMatchObject({ state: 'succeeded', attempt: 2 });
  });

  it('leaves when nothing is left that it could take, if it is told to', async () => {
    const job = await add(['true']);
    const worker = await openWorker(url, { untilEmpty: true });
    await until(() => worker.events.at(-1)?.type === 'left');
    expect(await job.info()).toMatchObject({ state: 'succeeded' });
  });

  it('offers a job again whose claim it did not hear of', async () => {
    const job = await add(['true']);
    await using store = await openStore({ url });
    let claims = 0;
    const deaf = new Proxy(store, {
      get: (target, key) => {
        const value = Reflect.get(target, key, target);
        if (key !== 'claim') return typeof value === 'function' ? value.bind(target) : value;
        return async (...args: Parameters<Store['claim']>) => {
          const claimed = await target.claim(...args);
          if (claimed.length > 0 && ++claims === 1) throw new Error('the connection broke');
          return claimed;
        };
      },
    });
    const name = await store.enrol(workerSpec());
    const settings = {
      name,
      supervisor: undefined,
      groups: { default: 1 },
      leaseMs: 60_000,
      untilEmpty: false,
    };
    const aborter = new AbortController();
    const over = new Worker(deaf, { ...settings, log: () => {} }).run(aborter.signal);
    expect(await job.done()).toMatchObject({ state: 'succeeded', attempt: 2 });
    aborter.abort();
    await over;
  });

  it('leaves tables that another version has changed', async () => {
    const worker = await openWorker(url);
    await server.query('update spillway_jobs.meta set schema_version = 99', url.match(/worker_\d+/)?.[0]);
    await until(() => worker.events.some(({ type }) => type === 'ending'));
    await expect(worker.end()).rejects.toMatchObject({ code: 'ERR_JOBS_SCHEMA' });
  });
});
