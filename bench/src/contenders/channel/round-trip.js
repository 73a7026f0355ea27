import { fileURLToPath } from 'node:url';
import { median } from '../../statistics.js';
import { contend, expectEqual, unknownContender } from '../support.js';
import { messagesOf } from './messages.js';

/**
 * Messages of 100 bytes of JSON to a child and back, one at a time, in µs.
 *
 * @typedef {(message: any) => Promise<any>} Ask
 */

const echo = fileURLToPath(new URL('round-trip-echo.js', import.meta.url));

await contend(async (contender, /** @type {{ count: number }} */ { count }) => {
  const { make, isRight } = messagesOf('json', 100);
  const { ask, close } = await connect(contender);
  for (let n = 0; n < count / 4; n++) await ask(make(n));
  /** @type {number[]} */
  const times = [];
  let right = 0;
  for (let n = 0; n < count; n++) {
    const start = performance.now();
    const answer = await ask(make(n));
    times.push((performance.now() - start) * 1000);
    if (isRight(answer, n)) right++;
  }
  await close();
  expectEqual(right, count, 'right answers');
  return { median: median(times), mean: times.reduce((sum, time) => sum + time, 0) / count };
});

/**
 * @param {string} contender
 * @returns {Promise<{ ask: Ask, close: () => Promise<unknown> | void }>}
 */
async function connect(contender) {
  switch (contender) {
    case 'spillway':
    case 'spillway call': {
      const { start } = await import('spillway');
      const { duplex } = await import('spillway/channel');
      const [ours, theirs] = duplex();
      const child = start(process.execPath, [echo, contender], { channels: { echo: theirs } });
      const close = () => {
        ours.close();
        return child.result;
      };
      if (contender === 'spillway call') return { ask: (message) => ours.call('echo', message), close };
      return {
        ask: async (message) => {
          await ours.send(message);
          return ours.receive();
        },
        close,
      };
    }
    case 'process.send': {
      const { fork } = await import('node:child_process');
      const child = fork(echo, [contender]);
      /** @type {(message: any) => void} */
      let answered = () => {};
      child.on('message', (message) => answered(message));
      return {
        ask: (message) =>
          new Promise((resolve) => {
            answered = resolve;
            child.send(message);
          }),
        close: () => child.disconnect(),
      };
    }
    default:
      return unknownContender(contender);
  }
}
