import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { contend, expectEqual, unknownContender } from '../support.js';
import { messagesOf } from './messages.js';

/**
 * A reader is stopped by SIGSTOP while the writer goes on: the growth of the writer's memory in MB, and how
 * many seconds its last send has waited when the reader continues. Every message must come in the end.
 *
 * @typedef {object} Reader
 * @property {number} pid
 * @property {(message: any) => Promise<unknown>} send
 * @property {Promise<unknown>} ready
 * @property {() => Promise<number>} count
 */

const sampleMs = 100;
const reading = fileURLToPath(new URL('stopped-reader.js', import.meta.url));

await contend(async (contender, /** @type {{ seconds: number }} */ { seconds }) => {
  const { make } = messagesOf('json', 100);
  const { pid, send, ready, count } = await connect(contender);
  let sent = 0;
  // Warm up, so that later growth is due to waiting messages.
  for (; sent < 200_000; sent++) await send(make(sent));
  await ready;

  process.kill(pid, 'SIGSTOP');
  const stopped = performance.now();
  const before = process.memoryUsage.rss();
  let peak = before;
  const sampling = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, sampleMs);
  let isOver = false;
  let lastBegan = stopped;
  const sending = (async () => {
    while (!isOver) {
      lastBegan = performance.now();
      await send(make(sent));
      sent++;
    }
  })();
  await sleep(seconds * 1000);
  const waitedS = (performance.now() - lastBegan) / 1000;
  clearInterval(sampling);
  isOver = true;
  process.kill(pid, 'SIGCONT');
  await sending;
  expectEqual(await count(), sent, 'messages received');
  return { growthMB: (peak - before) / 1e6, waitedS };
});

/**
 * @param {string} contender
 * @returns {Promise<Reader>}
 */
async function connect(contender) {
  switch (contender) {
    case 'spillway': {
      const { start } = await import('spillway');
      const { duplex } = await import('spillway/channel');
      const [ours, theirs] = duplex();
      const child = start(process.execPath, [reading, contender], { channels: { messages: theirs } });
      return {
        pid: child.pid,
        send: (message) => ours.send(message),
        ready: ours.receive(),
        count: async () => {
          await ours.end();
          const received = Number(await ours.receive());
          await child.result;
          ours.close();
          return received;
        },
      };
    }
    case 'child_process': {
      const { fork } = await import('node:child_process');
      const child = fork(reading, [contender]);
      const message = () => new Promise((resolve) => child.once('message', resolve));
      return {
        pid: Number(child.pid),
        send: (sent) => new Promise((resolve) => child.send(sent, resolve)),
        ready: message(),
        count: async () => {
          const received = message();
          child.send('end');
          const count = Number(await received);
          child.disconnect();
          return count;
        },
      };
    }
    default:
      return unknownContender(contender);
  }
}
