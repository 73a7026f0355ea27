import { counting } from './runners/index.js';
import { contend, expectEqual, secondsSince, warmUpBytes } from './support.js';

/** Gigabytes a second from the start of the producer to its end; the consumer gets every chunk. */
await contend(async (contender, /** @type {{ producer: string, bytes: number }} */ { producer, bytes }) => {
  const count = await counting(contender);
  await count(producer, [String(warmUpBytes), 'data']);
  const start = performance.now();
  expectEqual(await count(producer, [String(bytes), 'data']), bytes, 'bytes');
  return { gigabytesPerSecond: bytes / secondsSince(start) / 1e9 };
});
