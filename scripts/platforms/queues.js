/**
 * The recipes of examples/attempt in the queues that they are for, with servers of their own. In each, a
 * worker is killed in the middle of a job, or stopped for longer than its lease, or told to end the job.
 */
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { retry, start } from 'spillway';
import { Postgres, postgresPrograms } from '../../packages/spillway-jobs/test/helpers/postgres.js';
import { redisProgram, startRedis } from './redis.js';
import { packInto, root, sh } from './trying.js';
import { queues } from './versions.js';

/** What another worker's attempt says of the first one's processes. */
const TWICE = 'first\nagain: nothing alive\n';

/** `tools`: of the script that runs the steps. */
export async function tryQueues(tarball, { home, folderFor, step, skip }) {
  const folder = folderFor('queues', ['queue-worker.mjs', 'queue-job.sh', 'queue-add.mjs']);
  cpSync(join(root, 'examples/attempt'), join(folder, 'attempt'), { recursive: true });
  const jobs = await packInto(home, 'spillway-jobs');
  const all = Object.entries(queues).map(([name, version]) => `${name}@${version}`);
  await sh(folder, 'npm', ['install', '--ignore-scripts', tarball, jobs, ...all]);
  await step('queues: types of the activity for Temporal', () => checkTypes(folder));
  if (postgresPrograms) {
    const server = await Postgres.start();
    try {
      await tryQueue(folder, step, 'pg-boss', server.url(), { cancel: 'add', stopped: true });
      await tryQueue(folder, step, 'graphile-worker', server.url(), { cancel: 'SIGTERM' });
    } finally {
      await server.end();
    }
  } else skip('queues: pg-boss, graphile-worker', 'PostgreSQL is not installed');
  if (redisProgram()) {
    const { server, path } = await startRedis(join(home, 'redis'));
    await during(server, () => tryQueue(folder, step, 'bullmq', path, { cancel: 'SIGUSR2', stopped: true }));
  } else skip('queues: bullmq', 'redis-server is not installed');
}

async function tryQueue(folder, step, name, address, { cancel, stopped = false }) {
  const add = async (kind) => {
    const log = join(folder, `${name}-${kind}.log`);
    const argv = ['sh', join(folder, 'queue-job.sh'), log];
    await sh(folder, process.execPath, ['queue-add.mjs', name, address, ...argv]);
    return log;
  };
  const begin = () => worker(folder, name, address);
  /** Another worker finds nothing of the first attempt. */
  const taken = (log) => async () => {
    await until(() => textOf(log).includes('again'));
    assert.equal(textOf(log), TWICE);
  };
  await step(`queues: ${name}, whose worker is killed`, async () => {
    const first = await begin();
    const log = await add('killed');
    await until(() => existsSync(log));
    first.kill('SIGKILL');
    await first.result;
    await during(await begin(), taken(log));
  });
  if (stopped)
    await step(`queues: ${name}, whose worker is stopped`, async () => {
      const first = await begin();
      await during(first, async () => {
        const log = await add('stopped');
        await until(() => existsSync(log));
        first.kill('SIGSTOP');
        await during(await begin(), taken(log));
        first.kill('SIGCONT');
        await pause(2000);
        assert.equal(textOf(log), TWICE);
      });
    });
  await step(`queues: ${name}, which ends a job`, async () => {
    const one = await begin();
    await during(one, async () => {
      const log = await add('ended');
      await until(() => existsSync(log));
      if (cancel === 'add') await sh(folder, process.execPath, ['queue-add.mjs', name, address]);
      else one.kill(cancel);
      const pids = textOf(`${log}.pids`).trim().split(' ');
      assert.equal(pids.length, 2);
      await until(() => !pids.some(isAlive));
      assert.equal(textOf(log), 'first\n');
    });
  });
}

/** What runs for as long as `act` does. */
async function during(child, act) {
  try {
    return await act();
  } finally {
    await child.terminate();
  }
}

/** One that takes jobs. What it leaves when it is killed is left to the recipe. */
async function worker(folder, name, address) {
  const options = { cwd: folder, check: false, leftovers: 'leave', stderr: 'stdout' };
  const child = start(process.execPath, ['queue-worker.mjs', name, address], options);
  const ready = await child.stdout.until('ready', { timeout: '60s' });
  assert.ok(ready, 'the worker did not come up');
  return child;
}

async function checkTypes(folder) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const how = ['--noEmit', '--strict', '--checkJs', '--skipLibCheck', '--module', 'nodenext'];
  const target = ['--target', 'es2022', '--lib', 'es2022,esnext.disposable,dom', '--types', 'node'];
  await sh(folder, process.execPath, [compiler, ...how, ...target, 'attempt/temporal.js']);
}

const until = (condition) =>
  retry({ times: 600, delay: '100ms', maxDelay: '100ms' }, () => {
    if (!condition()) throw new Error(`in vain: ${condition}`);
  });

const textOf = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

function isAlive(pid) {
  return /^State:\s+[^ZX]/m.test(textOf(`/proc/${pid}/status`));
}
