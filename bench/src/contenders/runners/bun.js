import { bytesOf, totalOfWebStream } from './totals.js';

/**
 * @typedef {object} Child
 * @property {ReadableStream<Uint8Array<ArrayBuffer>> & { text(): Promise<string> }} stdout
 * @property {ReadableStream<Uint8Array<ArrayBuffer>> & { text(): Promise<string> }} stderr
 * @property {Promise<number>} exited
 *
 * @typedef {{ spawn: (command: string[], options: { stderr: 'pipe' | 'inherit' }) => Child }} Bun
 */

/** This runs in Bun: stdin is from /dev/null and stdout a pipe unless the options say otherwise. */
const { Bun } = /** @type {{ Bun: Bun }} */ (/** @type {unknown} */ (globalThis));

/** @type {import('./index.js').Capture} */
export async function capture(file, args) {
  const child = Bun.spawn([file, ...args], { stderr: 'pipe' });
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  if (exitCode !== 0) throw new Error(`${file} ended with ${exitCode}: ${stderr}`);
  return { stdout };
}

/** @type {import('./index.js').Count} */
export async function count(file, args) {
  const child = Bun.spawn([file, ...args], { stderr: 'inherit' });
  const bytes = await bytesOf(child.stdout);
  await child.exited;
  return bytes;
}

/** @type {import('./index.js').Read} */
export async function read(file, args) {
  const child = Bun.spawn([file, ...args], { stderr: 'inherit' });
  const total = await totalOfWebStream(child.stdout);
  await child.exited;
  return total;
}
