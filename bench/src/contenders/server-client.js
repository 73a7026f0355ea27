/** Sends as many pings as it is told, one after the other, and answers with the milliseconds of each. */
import { once } from 'node:events';
import { Agent, get } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

process.on('message', async (/** @type {number} */ count) => {
  /** @type {number[]} */
  const times = [];
  for (let i = 0; i < count; i++) {
    const begun = performance.now();
    const request = get({ host: '127.0.0.1', port: process.argv[2], agent });
    const [response] = await once(request, 'response');
    response.resume();
    await once(response, 'end');
    times.push(performance.now() - begun);
  }
  process.send?.(times);
});
process.on('disconnect', () => agent.destroy());
