/** Adds a command to a queue: `NAME ADDRESS ARGV…`. Without a command, cancels what runs. */
const [name, address, ...argv] = process.argv.slice(2);

const adders = {
  async 'pg-boss'() {
    const { default: PgBoss } = await import('pg-boss');
    const boss = new PgBoss({ connectionString: address, supervise: false });
    await boss.start();
    if (argv.length > 0) await boss.send('commands', { argv }, { expireInSeconds: 4, retryLimit: 3 });
    else {
      const { rows } = await boss.getDb().executeSql(`select id from pgboss.job where state = 'active'`);
      await boss.cancel(
        'commands',
        rows.map(({ id }) => id),
      );
    }
    await boss.stop({ graceful: false });
  },
  async 'graphile-worker'() {
    const { quickAddJob } = await import('graphile-worker');
    await quickAddJob({ connectionString: address }, 'command', { argv });
  },
  async bullmq() {
    const { Queue } = await import('bullmq');
    const queue = new Queue('commands', { connection: { path: address } });
    await queue.add('command', { argv });
    await queue.close();
  },
};

await adders[name]();
process.exit();
