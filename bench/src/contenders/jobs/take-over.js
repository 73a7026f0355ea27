/** From the death of a worker to the next attempt of its job. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { contend } from '../support.js';
import { startWorker, until, withJobs } from './workers.js';

const script = 'date +%s%N >>begun; [ "$(wc -l <begun)" -gt 1 ] || exec sleep 300';

await contend(async (contender, /** @type {{ url: string }} */ { url }) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'spillway-bench-jobs-'));
  const file = path.join(directory, 'begun');
  const moments = () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []);
  try {
    return await withJobs({ url }, async (jobs) => {
      const settings = { url, groups: { default: 1 } };
      const first = await startWorker(settings, { isElsewhere: contender === 'another host' });
      const job = await jobs.add(['sh', '-c', script], { cwd: directory });
      await until(() => moments().length === 1);
      const second = await startWorker(settings);
      // At a moment that has nothing to do with its beat.
      await pause(1500 + Math.random() * 1000);
      const killed = Date.now();
      await first.end('SIGKILL');
      await until(() => moments().length === 2);
      await job.done();
      await second.end();
      return { seconds: (Number(moments()[1]) / 1e6 - killed) / 1000 };
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
