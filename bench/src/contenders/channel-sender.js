import { messagesOf } from './messages.js';
import { unknownContender } from './support.js';

/** The child of channel.js: sends the messages to warm up, waits until they have come, and sends the rest. */

const [, , contender = '', text = ''] = process.argv;
const { kind, bytes, count, warmUp } = /** @type {import('./channel.js').Options} */ (JSON.parse(text));
const { make } = messagesOf(kind, bytes);
/** Messages whose bytes are still the sender's must not be many when they are large. */
const mostUnwritten = Math.max(1, Math.min(1000, Math.floor(1_000_000 / bytes)));
const { send, gone } = await connect();

for (let n = 0; n < warmUp; n++) await send(make(n), n === warmUp - 1);
await gone;
for (let n = warmUp; n < warmUp + count; n++) await send(make(n), n === warmUp + count - 1);

/**
 * `gone`: the other side has what was to warm up.
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
    // It has no event for room in the pipe, only a callback for each message: to wait for every one would be much slower, to wait for none
    // fills memory.
    send: (message, isLast) => {
      if (++sent % mostUnwritten > 0 && !isLast) return process.send?.(message);
      return new Promise((resolve) => process.send?.(message, undefined, {}, resolve));
    },
  };
}
