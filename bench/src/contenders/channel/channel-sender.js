import { unknownContender } from '../support.js';
import { messagesOf } from './messages.js';

/**
 * The child of channel.js. Sends the warm-up messages, waits until the parent has received them, and sends
 * the rest.
 */

const [, , contender = '', text = ''] = process.argv;
const { kind, bytes, count, warmUp } = /** @type {import('./channel.js').Options} */ (JSON.parse(text));
const { make } = messagesOf(kind, bytes);
/** Large messages are sent from the sender's own bytes, so only a few are under way at a time. */
const mostUnwritten = Math.max(1, Math.min(1000, Math.floor(1_000_000 / bytes)));
const { send, gone } = await connect();

for (let n = 0; n < warmUp; n++) await send(make(n), n === warmUp - 1);
await gone;
for (let n = warmUp; n < warmUp + count; n++) await send(make(n), n === warmUp + count - 1);

/**
 * `gone`: the other side has received the warm-up messages.
 *
 * @returns {Promise<{ send: (message: any, isLast: boolean) => unknown, gone: Promise<unknown> }>}
 */
async function connect() {
  if (contender === 'spillway') {
    const { inherited } = await import('spillway/channel');
    const writer = inherited('messages');
    return { send: (message) => writer.send(message), gone: inherited('go').receive() };
  }
  if (!contender.startsWith('process.send')) return unknownContender(contender);
  const gone = new Promise((resolve) => {
    process.once('message', resolve);
  });
  let sent = 0;
  return {
    gone,
    // process.send has no event for room in the pipe, only a callback for each message. Waiting for every
    // callback would be much slower; waiting for none fills memory.
    send: (message, isLast) => {
      if (++sent % mostUnwritten > 0 && !isLast) return process.send?.(message);
      return new Promise((resolve) => process.send?.(message, undefined, {}, resolve));
    },
  };
}
