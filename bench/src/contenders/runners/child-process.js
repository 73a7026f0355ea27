import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * As a program writes it by hand.
 *
 * @type {import('./index.js').Capture}
 */
export const capture = (file, args) =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    /** @type {Buffer[]} */
    const stdout = [];
    /** @type {Buffer[]} */
    const stderr = [];
    child.stdout.on('data', (chunk) => stdout.push(chunk));
    child.stderr.on('data', (chunk) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (exitCode) => {
      const result = {
        exitCode,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      };
      if (exitCode === 0) resolve(result);
      else reject(new Error(`${file} ended with ${exitCode}`));
    });
  });

/** By the `data` event, the stream's fastest way. @type {import('./index.js').Count} */
export async function count(file, args) {
  let bytes = 0;
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.on('data', (chunk) => {
    bytes += chunk.length;
  });
  await once(child, 'close');
  return bytes;
}

/** By the `line` event: readline's own iterator is slower. @type {import('./index.js').Read} */
export async function read(file, args) {
  const total = { lines: 0, characters: 0 };
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', (line) => {
    total.lines++;
    total.characters += line.length;
  });
  await Promise.all([once(lines, 'close'), once(child, 'close')]);
  return total;
}
