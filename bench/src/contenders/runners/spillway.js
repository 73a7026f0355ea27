import { run, start } from 'spillway';
import { bytesOf, totalOf } from './totals.js';

/** @type {import('./index.js').Capture} */
export const capture = (file, args) => run(file, args);

/** @type {import('./index.js').Count} */
export async function count(file, args) {
  let bytes = 0;
  await run(file, args, {
    stdout: (/** @type {Buffer} */ chunk) => {
      bytes += chunk.length;
    },
  });
  return bytes;
}

/** @type {import('./index.js').Count} */
export async function countByForAwait(file, args) {
  const child = start(file, args, { stdout: 'stream' });
  const bytes = await bytesOf(child.stdout);
  await child.result;
  return bytes;
}

/** @type {import('./index.js').Read} */
export async function read(file, args) {
  const child = start(file, args, { stdout: 'stream' });
  const total = await totalOf(child.stdout.lines());
  await child.result;
  return total;
}

/** @type {import('./index.js').Read} */
export async function readInBatches(file, args) {
  const total = { lines: 0, characters: 0 };
  const child = start(file, args, { stdout: 'stream' });
  for await (const lines of child.stdout.lineBatches()) {
    total.lines += lines.length;
    for (const line of lines) total.characters += line.length;
  }
  await child.result;
  return total;
}
