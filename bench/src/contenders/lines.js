import { once } from 'node:events';
import { contend, expectEqual, secondsSince, unknownContender, warmUpBytes } from './support.js';

/**
 * @typedef {{ lines: number, characters: number }} Total
 * @typedef {(producer: string, args: string[]) => Promise<Total>} Read reads every line of the producer
 * @typedef {{ producer: string, bytes: number, lineBytes: number }} Options
 */

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

/**
 * @param {string} contender
 * @returns {Promise<Read>}
 */
async function reading(contender) {
  switch (contender) {
    case 'spillway lines':
      return spillwayLines();
    case 'spillway batches':
      return spillwayBatches();
    case 'child_process':
      return readline();
    case 'execa':
      return execa();
    case 'tinyexec':
      return tinyexec();
    default:
      return unknownContender(contender);
  }
}

/** @returns {Promise<Read>} */
async function spillwayLines() {
  const { start } = await import('spillway');
  return async (producer, args) => {
    const child = start(producer, args, { stdout: 'stream' });
    const total = await countEach(child.stdout.lines());
    await child.result;
    return total;
  };
}

/** @returns {Promise<Read>} */
async function spillwayBatches() {
  const { start } = await import('spillway');
  return async (producer, args) => {
    const total = { lines: 0, characters: 0 };
    const child = start(producer, args, { stdout: 'stream' });
    for await (const lines of child.stdout.lineBatches()) {
      total.lines += lines.length;
      for (const line of lines) total.characters += line.length;
    }
    await child.result;
    return total;
  };
}

/** The `line` event: readline's own iterator is slower. @returns {Promise<Read>} */
async function readline() {
  const { spawn } = await import('node:child_process');
  const { createInterface } = await import('node:readline');
  return async (producer, args) => {
    const total = { lines: 0, characters: 0 };
    const child = spawn(producer, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on('line', (line) => {
      total.lines++;
      total.characters += line.length;
    });
    await Promise.all([once(lines, 'close'), once(child, 'close')]);
    return total;
  };
}

/** @returns {Promise<Read>} */
async function execa() {
  const { execa } = await import('execa');
  return (producer, args) =>
    countEach(execa(producer, args, { stdin: 'ignore', stderr: 'inherit', buffer: false }));
}

/** @returns {Promise<Read>} */
async function tinyexec() {
  const { x } = await import('tinyexec');
  return (producer, args) =>
    countEach(x(producer, args, { nodeOptions: { stdio: ['ignore', 'pipe', 'inherit'] } }));
}

/** @param {AsyncIterable<string>} lines */
async function countEach(lines) {
  const total = { lines: 0, characters: 0 };
  for await (const line of lines) {
    total.lines++;
    total.characters += line.length;
  }
  return total;
}
