import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** @typedef {Record<typeof names[number], string>} Programs their paths */

const names = /** @type {const} */ ([
  'spawnloop',
  'reader',
  'producer',
  'channelpair',
  'crowd',
  'cputime',
  'pacedlines',
]);

const sources = new URL('../c/', import.meta.url);
const build = new URL('../build/', import.meta.url);

/**
 * Compiles the C programs, at every start, so that they never differ from their sources.
 *
 * @returns {Promise<Programs>}
 */
export async function compilePrograms() {
  await mkdir(build, { recursive: true });
  const paths = await Promise.all(names.map(async (name) => [name, await compile(name)]));
  return Object.fromEntries(paths);
}

/** @param {string} name */
async function compile(name) {
  const source = fileURLToPath(new URL(`${name}.c`, sources));
  const program = fileURLToPath(new URL(name, build));
  await promisify(execFile)('gcc', ['-O2', '-Wall', '-std=gnu11', '-o', program, source]);
  return program;
}
