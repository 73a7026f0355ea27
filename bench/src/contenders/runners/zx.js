import { load } from '../../../peers/load.js';
import { totalOf } from './totals.js';

const { $ } = await load('zx');
const capturing = $({ stdio: ['ignore', 'pipe', 'pipe'] });
const streaming = $({ stdio: ['ignore', 'pipe', 'inherit'] });

/** Its commands are lines of a shell. @type {import('./index.js').Capture} */
export const capture = (file, args) => capturing`${file} ${args}`;

/** It keeps all output as well, and has no option against that. @type {import('./index.js').Count} */
export async function count(file, args) {
  let bytes = 0;
  const child = streaming`${file} ${args}`;
  child.stdout.on('data', (/** @type {Buffer} */ chunk) => {
    bytes += chunk.length;
  });
  await child;
  return bytes;
}

/** @type {import('./index.js').Read} */
export const read = (file, args) => totalOf(streaming`${file} ${args}`);
