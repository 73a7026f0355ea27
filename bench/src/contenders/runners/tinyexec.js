import { once } from 'node:events';
import { x } from 'tinyexec';
import { totalOf } from './totals.js';

/** @typedef {import('node:child_process').SpawnOptions} SpawnOptions */

/** @type {SpawnOptions} */
const capturing = { stdio: ['ignore', 'pipe', 'pipe'] };
/** @type {SpawnOptions} */
const streaming = { stdio: ['ignore', 'pipe', 'inherit'] };

/** It begins to read when its promise is awaited. @type {import('./index.js').Capture} */
export const capture = (file, args) => x(file, args, { nodeOptions: capturing }).then((output) => output);

/** Its promise would keep all output in a string. @type {import('./index.js').Count} */
export async function count(file, args) {
  let bytes = 0;
  const { process: child } = x(file, args, { nodeOptions: streaming });
  if (!child) throw new Error('tinyexec has started no process');
  child.stdout?.on('data', (chunk) => {
    bytes += chunk.length;
  });
  await once(child, 'close');
  return bytes;
}

/** @type {import('./index.js').Read} */
export const read = (file, args) => totalOf(x(file, args, { nodeOptions: streaming }));
