import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { capturing } from './runners/index.js';
import { contend } from './support.js';

/**
 * How long a ping to an HTTP server on loopback takes, first without and then beside `perSecond` runs a
 * second that the server makes. Another process sends the pings, one after the other.
 */
await contend(async (contender, /** @type {{ perSecond: number, pings: number }} */ { perSecond, pings }) => {
  const capture = await capturing(contender);
  for (let i = 0; i < 20; i++) await capture('echo', ['hi']);
  const server = createServer((_request, response) => response.end('pong'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const client = fork(fileURLToPath(new URL('server-client.js', import.meta.url)), [String(port)]);
  const measure = async () => {
    client.send(pings);
    const [times] = await once(client, 'message');
    return /** @type {number[]} */ (times).sort((a, b) => a - b)[Math.floor(pings * 0.99)] ?? Number.NaN;
  };
  await measure();
  const without = await measure();
  /** @type {Set<PromiseLike<unknown>>} */
  const running = new Set();
  const timer = setInterval(() => {
    const one = capture('echo', ['hi']);
    running.add(one);
    one.then(() => running.delete(one));
  }, 1000 / perSecond);
  const beside = await measure();
  clearInterval(timer);
  await Promise.all(running);
  client.disconnect();
  server.close();
  return { withoutMs: without, besideMs: beside, times: beside / without };
});
