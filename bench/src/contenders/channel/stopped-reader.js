import { messagesOf } from './messages.js';

/**
 * The child of stopped.js: announces that it reads, counts the correct messages, and reports their number.
 */

const [, , contender] = process.argv;
const { isRight } = messagesOf('json', 100);
let count = 0;

if (contender === 'spillway') {
  const { inherited } = await import('spillway/channel');
  const end = inherited('messages');
  for await (const message of end) {
    if (isRight(message, count)) count++;
    if (count === 1) await end.send('ready');
  }
  await end.send(count);
} else {
  process.on('message', (message) => {
    if (message === 'end') process.send?.(count);
    else if (isRight(message, count) && ++count === 1) process.send?.('ready');
  });
}
