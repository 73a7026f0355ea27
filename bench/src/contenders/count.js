import { once } from 'node:events';
import { contend, expectEqual, secondsSince, unknownContender, warmUpBytes } from './support.js';

/**
 * @typedef {(producer: string, args: string[]) => Promise<number>} Count reads all output of the producer
 */

/** Gigabytes a second from the start of the producer to its end; the consumer gets every chunk. */
await contend(async (contender, /** @type {{ producer: string, bytes: number }} */ { producer, bytes }) => {
  const count = await counting(contender);
  await count(producer, [String(warmUpBytes), 'data']);
  const start = performance.now();
  expectEqual(await count(producer, [String(bytes), 'data']), bytes, 'bytes');
  return { gigabytesPerSecond: bytes / secondsSince(start) / 1e9 };
});

/**
 * @param {string} contender
 * @returns {Promise<Count>}
 */
async function counting(contender) {
  switch (contender) {
    case 'spillway callback':
      return spillwayCallback();
    case 'spillway for await':
      return spillwayForAwait();
    case 'child_process':
      return childProcess();
    case 'execa':
      return execa();
    default:
      return unknownContender(contender);
  }
}

/** @returns {Promise<Count>} */
async function spillwayCallback() {
  const { run } = await import('spillway');
  return async (producer, args) => {
    let bytes = 0;
    await run(producer, args, {
      stdout: (/** @type {Buffer} */ chunk) => {
        bytes += chunk.length;
      },
    });
    return bytes;
  };
}

/** @returns {Promise<Count>} */
async function spillwayForAwait() {
  const { start } = await import('spillway');
  return async (producer, args) => {
    let bytes = 0;
    const child = start(producer, args, { stdout: 'stream' });
    for await (const chunk of child.stdout) bytes += chunk.length;
    await child.result;
    return bytes;
  };
}

/** @returns {Promise<Count>} */
async function childProcess() {
  const { spawn } = await import('node:child_process');
  return async (producer, args) => {
    let bytes = 0;
    const child = spawn(producer, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', (chunk) => {
      bytes += chunk.length;
    });
    await once(child, 'close');
    return bytes;
  };
}

/** @returns {Promise<Count>} */
async function execa() {
  const { execa } = await import('execa');
  return async (producer, args) => {
    let bytes = 0;
    const child = execa(producer, args, { stdin: 'ignore', stderr: 'inherit', buffer: false });
    child.stdout.on('data', (chunk) => {
      bytes += chunk.length;
    });
    await child;
    return bytes;
  };
}
