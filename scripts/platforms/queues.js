/**
 * The recipes of examples/attempt in the queues that they are for, with servers of their own. In each, a
 * worker is killed in the middle of a job, or stopped for longer than its lease, or told to end the job.
 */
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { retry, start } from 'spillway';
import { postgresPrograms, redisProgram, startPostgres, startRedis } from './servers.js';
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
  if (postgresPrograms()) {
    const { server, url } = await startPostgres(join(home, 'postgres'));
    await using _ = server;
    await tryQueue(folder, step, 'pg-boss', url, { cancel: 'add', stopped: true });
    await tryQueue(folder, step, 'graphile-worker', url, { cancel: 'SIGTERM' });
  } else skip('queues: pg-boss, graphile-worker', 'PostgreSQL is not installed');
  if (redisProgram()) {
    const { server, path } = await startRedis(join(home, 'redis'));
    await using _ = server;
    await tryQueue(folder, step, 'bullmq', path, { cancel: 'SIGUSR2', stopped: true });
  } else skip('queues: bullmq', 'redis-server is not installed');
}

async function tryQueue(folder, step, name, address, { cancel, stopped = false }) {
  const add = async (kind, cancels = []) => {
    const log = join(folder, `${name}-${kind}.log`);
    const argv = ['sh', join(folder, 'queue-job.sh'), log];
    await sh(folder, process.execPath, ['queue-add.mjs', name, address, ...cancels, ...argv]);
    return log;
  };
  await step(`queues: ${name}, whose worker is killed`, async () => {
    const first = await worker(folder, name, address);
    const log = await add('killed');
    await until(() => existsSync(log));
    first.kill('SIGKILL');
    await first.result;
    await using _ = await worker(folder, name, address);
    await until(() => textOf(log).includes('again'));
    assert.equal(textOf(log), TWICE);
  });
  if (stopped)
    await step(`queues: ${name}, whose worker is stopped`, async () => {
      await using first = await worker(folder, name, address);
      const log = await add('stopped');
      await until(() => existsSync(log));
      first.kill('SIGSTOP');
      await using _ = await worker(folder, name, address);
      await until(() => textOf(log).includes('again'));
      first.kill('SIGCONT');
      assert.equal(textOf(log), TWICE);
    });
  await step(`queues: ${name}, which ends a job`, async () => {
    await using one = await worker(folder, name, address);
    const log = await add('ended');
    await until(() => existsSync(log));
    if (cancel === 'add') await sh(folder, process.execPath, ['queue-add.mjs', name, address]);
    else one.kill(cancel);
    const pids = textOf(`${log}.pids`).trim().split(' ');
    assert.equal(pids.length, 2);
    await until(() => !pids.some(isAlive));
    assert.equal(textOf(log), 'first\n');
  });
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
