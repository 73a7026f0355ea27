import { inherited } from 'spillway/channel';
import { maker } from './mixed-messages.js';

/**
 * A child of writers.js. Sends its warm-up messages, waits until the parent has received those of all
 * children, and sends the rest.
 */

const { writer, count, warmUp } = /** @type {{ writer: number, count: number, warmUp: number }} */ (
  JSON.parse(process.argv[2] ?? '')
);
const make = maker(writer);
const messages = inherited('messages');

for (let n = 0; n < warmUp; n++) await messages.send(make(n));
await inherited('go').receive();
for (let n = warmUp; n < warmUp + count; n++) await messages.send(make(n));
await messages.end();
