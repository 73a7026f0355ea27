/** What a worker takes that has nothing to do. */
import { setTimeout as pause } from 'node:timers/promises';
import { contend } from '../support.js';
import { memoryOf, processorTimeOf, startWorker } from './workers.js';

await contend(async (_, /** @type {{ url: string, seconds: number }} */ { url, seconds }) => {
  const worker = await startWorker({ url, groups: { default: 2 } });
  await pause(3000);
  const before = processorTimeOf(worker.pid);
  await pause(seconds * 1000);
  const percent = ((processorTimeOf(worker.pid) - before) / seconds) * 100;
  const megabytes = memoryOf(worker.pid);
  const resident = memoryOf(worker.pid, 'Rss');
  await worker.end();
  return { percent, megabytes, resident };
});
