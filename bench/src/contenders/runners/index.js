import { load } from '../../../peers/load.js';
import { unknownContender } from '../support.js';

/**
 * How each library does each piece of work, as its own documentation advises: with nothing on stdin, and
 * with as few pipes as the work needs.
 *
 * @typedef {(file: string, args: string[]) => PromiseLike<{ stdout: string }>} Capture runs a command to its
 *   end with stdout and stderr captured through pipes
 * @typedef {(file: string, args: string[]) => Promise<number>} Count reads all output, and counts its bytes
 * @typedef {{ lines: number, characters: number }} Total
 * @typedef {(file: string, args: string[]) => Promise<Total>} Read reads every line of the output as a string
 * @typedef {{ capture?: Capture, count?: Count, read?: Read }} Runner
 */

/** Each is loaded when it is asked for: a contender's process holds nothing of the others. */
/** @type {Record<string, () => Promise<Runner>>} */
const runners = {
  spillway: () => import('./spillway.js'),
  'spillway for await': async () => ({ count: (await import('./spillway.js')).countByForAwait }),
  'spillway in batches': async () => ({ read: (await import('./spillway.js')).readInBatches }),
  child_process: () => import('./child-process.js'),
  execa: async () => (await import('./execa.js')).runnerOf((await import('execa')).execa),
  'execa 10': async () => (await import('./execa.js')).runnerOf((await load('execa-10')).execa),
  tinyexec: () => import('./tinyexec.js'),
  zx: () => import('./zx.js'),
  'nano-spawn': () => import('./nano-spawn.js'),
  'Bun.spawn': () => import('./bun.js'),
  'Deno.Command': () => import('./deno.js'),
};

/**
 * @template {keyof Runner} Work
 * @param {string} name
 * @param {Work} work
 * @returns {Promise<NonNullable<Runner[Work]>>}
 */
async function runnerOf(name, work) {
  const runner = await (runners[name] ?? unknownContender(name))();
  return runner[work] ?? unknownContender(`${name}, ${work}`);
}

/** @param {string} contender */
export const capturing = (contender) => runnerOf(contender, 'capture');

/** @param {string} contender */
export const counting = (contender) => runnerOf(contender, 'count');

/** @param {string} contender */
export const reading = (contender) => runnerOf(contender, 'read');
