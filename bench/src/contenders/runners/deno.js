import { bytesOf, totalOfWebStream } from './totals.js';

/**
 * @typedef {{ args: string[], stdin?: 'null', stdout?: 'piped', stderr?: 'inherit' }} Options
 * @typedef {{ stdout: ReadableStream<Uint8Array<ArrayBuffer>>, status: Promise<{ success: boolean }> }} Child
 * @typedef {{ success: boolean, stdout: Uint8Array, stderr: Uint8Array }} Output
 * @typedef {{ output: () => Promise<Output>, spawn: () => Child }} Command
 * @typedef {{ Command: new (file: string, options: Options) => Command }} Deno
 */

/** This runs in Deno. */
const { Deno } = /** @type {{ Deno: Deno }} */ (/** @type {unknown} */ (globalThis));
const decoder = new TextDecoder();

/** `output()` captures both streams, and gives nothing on stdin. @type {import('./index.js').Capture} */
export async function capture(file, args) {
  const { success, stdout, stderr } = await new Deno.Command(file, { args }).output();
  if (!success) throw new Error(`${file} failed: ${decoder.decode(stderr)}`);
  return { stdout: decoder.decode(stdout) };
}

/** @param {string} file @param {string[]} args */
const streaming = (file, args) =>
  new Deno.Command(file, { args, stdin: 'null', stdout: 'piped', stderr: 'inherit' }).spawn();

/** @type {import('./index.js').Count} */
export async function count(file, args) {
  const child = streaming(file, args);
  const bytes = await bytesOf(child.stdout);
  await child.status;
  return bytes;
}

/** @type {import('./index.js').Read} */
export async function read(file, args) {
  const child = streaming(file, args);
  const total = await totalOfWebStream(child.stdout);
  await child.status;
  return total;
}
