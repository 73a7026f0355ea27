/** A worker of one of the queues that examples/attempt has a recipe for: `NAME ADDRESS`. */
import pg from 'pg';

const [name, address] = process.argv.slice(2);

const workers = {
  async 'pg-boss'() {
    const { default: PgBoss } = await import('pg-boss');
    const { workOff } = await import('./attempt/pg-boss.js');
    const boss = new PgBoss({ connectionString: address, maintenanceIntervalSeconds: 1 });
    boss.on('error', console.error);
    await boss.start();
    await boss.createQueue('commands');
    await workOff(boss, new pg.Pool({ connectionString: address }), 'commands');
  },
  async 'graphile-worker'() {
    const { run, makeWorkerUtils } = await import('graphile-worker');
    const { command } = await import('./attempt/graphile-worker.js');
    const { FENCE_TABLE } = await import('./attempt/fences.js');
    const pool = new pg.Pool({ connectionString: address });
    await pool.query(FENCE_TABLE);
    // The test says that the workers before are dead.
    const utils = await makeWorkerUtils({ pgPool: pool });
    await utils.migrate();
    const locked =
      'select distinct locked_by as id from graphile_worker._private_jobs where locked_by is not null';
    await utils.forceUnlockWorkers((await pool.query(locked)).rows.map(({ id }) => id));
    await run({ pgPool: pool, taskList: { command }, gracefulShutdownAbortTimeout: 500 });
  },
  async bullmq() {
    const { workOff } = await import('./attempt/bullmq.js');
    const options = { connection: { path: address, maxRetriesPerRequest: null } };
    const worker = workOff('commands', { ...options, lockDuration: 3000, stalledInterval: 1000 });
    worker.on('error', console.error);
    process.on('SIGUSR2', () => worker.cancelAllJobs());
    await worker.waitUntilReady();
  },
};

await workers[name]();
console.log('ready');
