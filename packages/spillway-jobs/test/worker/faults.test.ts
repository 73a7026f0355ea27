/** Workers that die, stop, or lose their storage: their jobs go on elsewhere, and never twice at a time. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type JobOptions, type Jobs, openJobs } from '../../src/queue/index.js';
import { Postgres, postgresObstacle } from '../helpers/postgres.js';
import { isAlive, until } from '../helpers/processes.js';
import { noneLeft, RUN, WorkerProcess, workerObstacle } from '../helpers/workers.js';

let server: Postgres;
let url: string;
let jobs: Jobs;
let directory: string;
let count = 0;

const obstacle = postgresObstacle ?? workerObstacle;
const CHILD = fileURLToPath(new URL('../children/worker.js', import.meta.url));
const HIDDEN = fileURLToPath(new URL('../../../spillway/test/children/hidden.py', import.meta.url));

/**
 * Holds a lock as long as any process of it lives, and tells if another one holds it. The first attempt goes
 * on for ever, the others end at once.
 */
const GUARDED = `
  exec 9>>lock
  flock -n 9 || echo "$SPILLWAY_ATTEMPT" >>overlap
  date +%s%N >>begun
  [ "$(wc -l <begun)" = 1 ] || exit 0
`;
const add = (script: string, options: JobOptions = {}) =>
  jobs.add(['sh', '-c', `${GUARDED}${script}`], { cwd: directory, env: [RUN], grace: 500, ...options });
const file = (name: string) => join(directory, name);
const pidIn = (name: string) => Number(readFileSync(file(name), 'utf8').split(' ')[0]);
const secondBegan = () => Number(readFileSync(file('begun'), 'utf8').split('\n')[1]) / 1e6;

describe.skipIf(obstacle)(`A worker${obstacle ? ` (${obstacle})` : ''}`, () => {
  beforeAll(async () => {
    server = await Postgres.start();
  });
  afterAll(() => server.end());
  beforeEach(async () => {
    url = await server.create(`faults_${++count}`);
    jobs = await openJobs({ url });
    directory = mkdtempSync(join(tmpdir(), 'faults-'));
  });
  afterEach(async () => {
    await noneLeft();
    expect(existsSync(file('overlap'))).toBe(false);
    await jobs[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });

  it('that is killed has its job run by another on the same host within 2 s', async () => {
    const job = await add('setsid sleep 300 & exec sleep 300');
    await using killed = await WorkerProcess.start(url);
    await until(() => existsSync(file('begun')));
    await using _ = await WorkerProcess.start(url);
    const at = Date.now();
    killed.kill('SIGKILL');
    expect(await job.done()).toMatchObject({ state: 'succeeded', attempt: 2 });
    expect(secondBegan() - at).toBeLessThan(2000);
  });

  it('that is stopped loses its jobs to another one, and works on when it is continued', async () => {
    const job = await add('trap "" TERM; setsid sleep 300 & sleep 300; sleep 300');
    await using stopped = await WorkerProcess.start(url);
    await until(() => existsSync(file('begun')));
    stopped.kill('SIGSTOP');
    await using other = await WorkerProcess.start(url);
    expect(await job.done()).toMatchObject({ state: 'succeeded', attempt: 2 });
    await other[Symbol.asyncDispose]();
    stopped.kill('SIGCONT');
    const next = await jobs.add(['true'], { cwd: directory });
    expect(await next.done()).toMatchObject({ state: 'succeeded' });
    expect(await job.info()).toMatchObject({ state: 'succeeded', attempt: 2 });
  });

  it('does not begin where nothing would end its jobs in time, and says why', async () => {
    const without = 'mount --bind /dev/null "$(readlink -f "$(command -v tr)")" && exec "$@"';
    const program = [process.execPath, CHILD, JSON.stringify({ url, groups: { default: 1 } })];
    const { status, stdout } = spawnSync('unshare', ['--mount', 'sh', '-c', without, 'sh', ...program], {
      encoding: 'utf8',
    });
    expect(status).not.toBe(0);
    expect(stdout).toContain('a worker cannot run jobs here: a lease needs a guard, and the guard needs tr');
    expect(await server.query('select name from spillway_jobs.worker', `faults_${count}`)).toEqual([]);
  });

  it('goes on when its storage comes back after a while', async () => {
    await using worker = await WorkerProcess.start(url, { leaseMs: 60_000 });
    const job = await jobs.add(
      ['sh', '-c', 'echo one; echo >begun; while ! [ -e go ]; do sleep 0.05; done; echo two'],
      {
        cwd: directory,
        env: [RUN],
      },
    );
    await until(() => existsSync(file('begun')));
    await server.stop('immediate');
    await until(() => worker.told.some(({ type }) => type === 'trouble'));
    writeFileSync(file('go'), '');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await server.restart();
    expect(await job.done()).toMatchObject({ state: 'succeeded', attempt: 1 });
    await until(() => worker.told.some(({ type }) => type === 'well-again'));
    let text = '';
    for await (const { bytes } of job.log()) text += bytes;
    expect(text).toBe('one\ntwo\n');
  });

  it('gives back its jobs at SIGTERM, though that reaches them as well', async () => {
    const job = await add('echo $$ >pid.new; mv pid.new pid; exec sleep 300');
    const worker = await WorkerProcess.start(url);
    await until(() => existsSync(file('pid')));
    process.kill(pidIn('pid'), 'SIGTERM');
    await worker[Symbol.asyncDispose]();
    expect(worker.exitCode).toBe(0);
    expect(await job.info()).toMatchObject({ state: 'queued', attempt: 1 });
    await using _ = await WorkerProcess.start(url);
    expect(await job.done()).toMatchObject({ state: 'succeeded', attempt: 2 });
  });

  it('with a supervisor that is killed has its hidden daemons ended before the job runs again', async () => {
    const job = await add(`python3 ${HIDDEN} title daemon none ${file('pid')} hidden; exec sleep 300`);
    await using supervised = await WorkerProcess.start(url, { supervised: true });
    await until(() => existsSync(file('pid')));
    await using _ = await WorkerProcess.start(url);
    const daemon = pidIn('pid');
    const killed = supervised.pid;
    supervised.kill('SIGKILL');
    expect(await job.done()).toMatchObject({ state: 'succeeded', attempt: 2 });
    expect(isAlive(daemon)).toBe(false);
    await until(() => supervised.pid !== killed);
    expect(supervised.told.map((one) => (one.type === 'supervisor' ? one.text : ''))).toContainEqual(
      expect.stringMatching(/^the worker was killed by SIGKILL after .*; another one starts$/),
    );
  });

  it('with a supervisor that is stopped is ended, with its hidden daemons', async () => {
    const job = await add(`python3 ${HIDDEN} title daemon none ${file('pid')} hidden; exec sleep 300`);
    await using supervised = await WorkerProcess.start(url, { supervised: true });
    await until(() => existsSync(file('pid')));
    const daemon = pidIn('pid');
    // As early as it can have a job.
    supervised.kill('SIGSTOP');
    await using _ = await WorkerProcess.start(url);
    expect(await job.done()).toMatchObject({ state: 'succeeded', attempt: 2 });
    expect(isAlive(daemon)).toBe(false);
  });
});
