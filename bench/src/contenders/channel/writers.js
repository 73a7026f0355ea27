import { fileURLToPath } from 'node:url';
import { start } from 'spillway';
import { pipe, sharedPipe } from 'spillway/channel';
import { contend, expectEqual, secondsSince } from '../support.js';
import { averageBytes, isRight, writerOf } from './mixed-messages.js';

/**
 * Messages of several children over one pipe, as fast as they come; each is checked. The clock starts when
 * the warm-up messages have come and the children may go on, and stops at the last message.
 *
 * @typedef {{ writers: number, isShared: boolean, count: number, warmUp: number }} Options
 *   `count` and `warmUp` are for all writers together
 */

const sender = fileURLToPath(new URL('writers-sender.js', import.meta.url));

await contend(async (_contender, /** @type {Options} */ options) => {
  const { writers, count, warmUp } = options;
  const { reader, children, go } = startSenders(options);
  const next = Array.from({ length: writers }, () => 0);
  let received = 0;
  let began = 0;
  let seconds = 0;
  for await (const batch of reader.batches()) {
    for (const message of batch) {
      const writer = writerOf(message);
      const n = next[writer] ?? -1;
      if (!isRight(message, writer, n)) throw new Error(`message ${n} of writer ${writer} is wrong`);
      next[writer] = n + 1;
      received++;
      if (received === warmUp) {
        began = performance.now();
        go();
      }
      if (received === warmUp + count) seconds = secondsSince(began);
    }
  }
  expectEqual(received, warmUp + count, 'messages');
  for (const child of children) await child.result;
  return { gigabytesPerSecond: (count * averageBytes) / seconds / 1e9 };
});

/** @param {Options} options */
function startSenders({ writers, isShared, count, warmUp }) {
  const { reader, share, close } = makePipe(isShared);
  const starts = Array.from({ length: writers }, () => pipe());
  const children = starts.map(({ reader: go }, writer) => {
    const each = { writer, count: count / writers, warmUp: warmUp / writers };
    return start(process.execPath, [sender, JSON.stringify(each)], { channels: { messages: share(), go } });
  });
  close();
  return {
    reader,
    children,
    go: () => {
      for (const { writer } of starts) void writer.send('go').then(() => writer.end());
    },
  };
}

/** @param {boolean} isShared */
function makePipe(isShared) {
  if (!isShared) {
    const { reader, writer } = pipe({ codec: 'raw' });
    return { reader, share: () => writer, close: () => {} };
  }
  const { reader, writer } = sharedPipe({ codec: 'raw' });
  return { reader, share: () => writer.share(), close: () => writer.close() };
}
