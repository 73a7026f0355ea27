import { fileURLToPath } from 'node:url';
import { contend, expectEqual, secondsSince, unknownContender } from '../support.js';
import { messagesOf } from './messages.js';

/**
 * Messages from a child, as fast as they come; each is checked. The clock starts when the warm-up messages
 * have come and the child may go on, and stops at the last message.
 *
 * @typedef {object} Options
 * @property {import('./messages.js').Kind} kind
 * @property {number} bytes
 * @property {number} count
 * @property {number} warmUp
 * @property {'batches' | 'for await'} [way]
 * @typedef {object} Receiver
 * @property {(message: any) => boolean} received returns whether that was the last message
 * @property {() => void} go
 */

const sender = fileURLToPath(new URL('channel-sender.js', import.meta.url));

await contend(async (contender, /** @type {Options} */ options) => {
  const { kind, bytes, count, warmUp } = options;
  const messages = messagesOf(kind, bytes);
  let right = 0;
  let next = 0;
  let began = 0;
  let seconds = 0;
  const receiver = {
    go: () => {},
    /** @param {any} message */
    received(message) {
      if (messages.isRight(message, next)) right++;
      next++;
      if (next === warmUp) {
        began = performance.now();
        receiver.go();
      }
      if (next < warmUp + count) return false;
      seconds = secondsSince(began);
      return true;
    },
  };
  await receive(contender, messages.codec, options, receiver);
  expectEqual(right, warmUp + count, 'right messages');
  return { millionsPerSecond: count / seconds / 1e6, gigabytesPerSecond: (count * bytes) / seconds / 1e9 };
});

/**
 * @param {string} contender
 * @param {'json' | 'raw' | 'v8'} codec
 * @param {Options} options
 * @param {Receiver} receiver
 */
async function receive(contender, codec, options, receiver) {
  const args = [sender, contender, JSON.stringify(options)];
  switch (contender) {
    case 'spillway': {
      const { start } = await import('spillway');
      const { pipe } = await import('spillway/channel');
      const { reader, writer } = pipe(/** @type {{}} */ ({ codec }));
      const go = pipe();
      receiver.go = () => void go.writer.send('go');
      const child = start(process.execPath, args, { channels: { messages: writer, go: go.reader } });
      if (options.way === 'for await') {
        for await (const message of reader) if (receiver.received(message)) break;
      } else {
        for await (const batch of reader.batches()) if (batch.map(receiver.received).includes(true)) break;
      }
      await child.result;
      reader.close();
      go.writer.close();
      return;
    }
    case 'process.send json':
    case 'process.send advanced': {
      const { fork } = await import('node:child_process');
      const serialization = contender === 'process.send json' ? 'json' : 'advanced';
      const child = fork(sender, args.slice(1), { serialization });
      receiver.go = () => void child.send('go');
      await new Promise((resolve) => {
        child.on('message', (message) => {
          if (receiver.received(message)) resolve(undefined);
        });
        child.on('exit', resolve);
      });
      child.disconnect();
      return;
    }
    default:
      unknownContender(contender);
  }
}
