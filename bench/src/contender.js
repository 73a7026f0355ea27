import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * One thing to compare, with its name in the table. `measure` takes one sample in a process of its own, so
 * that no contender finds the heap or the compiled code of another.
 *
 * @typedef {Record<string, number>} Sample
 * @typedef {object} Contender
 * @property {string} name
 * @property {() => Promise<Sample>} measure
 * @property {string} [absent] why it cannot take part here
 */

/** A contender that hangs must not hang the benchmark. */
const longestMs = 300_000;

/**
 * A script in `contenders/`, which gets the runner's name and the options and prints its sample.
 *
 * @param {string} script
 * @param {string} runner
 * @param {Record<string, unknown>} [options]
 * @param {{ name?: string, command?: string[] }} [as] by another name, or by another program than this Node
 * @returns {Contender}
 */
export function script(script, runner, options = {}, { name = runner, command = [process.execPath] } = {}) {
  const path = fileURLToPath(new URL(`contenders/${script}.js`, import.meta.url));
  return program(name, [...command, path, runner, JSON.stringify(options)]);
}

/**
 * A program that prints its sample.
 *
 * @param {string} name
 * @param {string[]} command
 * @param {Sample} [expected] what must be in the sample, if the program itself does not check its work
 * @returns {Contender}
 */
export function program(name, [file = '', ...args], expected = {}) {
  return {
    name,
    async measure() {
      const sample = await sampleOf(file, args);
      for (const [key, value] of Object.entries(expected))
        if (sample[key] !== value) throw new Error(`${key}: ${sample[key]} instead of ${value}`);
      return sample;
    },
  };
}

/**
 * A compiled program that prints its sample.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {Sample} [expected]
 */
export const c = (file, args, expected) => program('C', [file, ...args], expected);

/**
 * A contender that cannot take part: it keeps its place in the table, with the reason.
 *
 * @param {string} name
 * @param {string} absent
 * @returns {Contender}
 */
export const absentee = (name, absent) => ({
  name,
  absent,
  measure: () => Promise.reject(new Error(absent)),
});

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
