import { reading } from './runners/index.js';
import { contend, expectEqual, secondsSince, warmUpBytes } from './support.js';

/** @typedef {{ producer: string, bytes: number, lineBytes: number }} Options */

/**
 * Gigabytes of lines a second from the start of the producer to its end; the consumer gets every line as a
 * string.
 */
await contend(async (contender, /** @type {Options} */ { producer, bytes, lineBytes }) => {
  const read = await reading(contender);
  await read(producer, [String(warmUpBytes), 'lines']);
  const start = performance.now();
  const { lines, characters } = await read(producer, [String(bytes), 'lines']);
  const seconds = secondsSince(start);
  expectEqual(lines, bytes / lineBytes, 'lines');
  expectEqual(characters, bytes - lines, 'characters without newlines');
  return { gigabytesPerSecond: bytes / seconds / 1e9 };
});
