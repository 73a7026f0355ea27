import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * One thing to compare, with its name in the table. `measure` takes one sample in a process of its own, so
 * that no contender finds the heap or the compiled code of another.
 *
 * @typedef {Record<string, number>} Sample
 * @typedef {{ name: string, measure: () => Promise<Sample> }} Contender
 */

/** A contender that hangs must not hang the benchmark. */
const longestMs = 300_000;

/**
 * A script in `contenders/`, which gets the contender's name and the options and prints its sample.
 *
 * @param {string} script
 * @param {string} name
 * @param {Record<string, unknown>} [options]
 * @returns {Contender}
 */
export function script(script, name, options = {}) {
  const path = fileURLToPath(new URL(`contenders/${script}.js`, import.meta.url));
  return { name, measure: () => sampleOf(process.execPath, [path, name, JSON.stringify(options)]) };
}

/**
 * A compiled program that prints its sample.
 *
 * @param {string} program
 * @param {string[]} args
 * @returns {Contender}
 */
export function c(program, args) {
  return { name: 'C', measure: () => sampleOf(program, args) };
}

/**
 * @param {string} file
 * @param {string[]} args
 * @returns {Promise<Sample>}
 */
function sampleOf(file, args) {
  return new Promise((resolve, reject) => {
    execFile(file, args, { timeout: longestMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error) return reject(new Error(reasonOf(error, stderr)));
      try {
        resolve(JSON.parse(stdout));
      } catch {
        reject(new Error(`printed no sample: ${JSON.stringify(stdout.slice(0, 80))}`));
      }
    });
  });
}

/**
 * The line of the contender's stderr that names the problem.
 *
 * @param {import('node:child_process').ExecFileException} error
 * @param {string} stderr
 */
function reasonOf(error, stderr) {
  if (error.killed) return `no result after ${longestMs / 1000} s`;
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return (
    lines.find((line) => /^\S*Error\b/.test(line)) ?? lines[0] ?? `ended by ${error.signal ?? error.code}`
  );
}
