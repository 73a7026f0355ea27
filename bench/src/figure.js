/**
 * @typedef {object} Context what a figure runs with
 * @property {boolean} quick smaller sizes and fewer rounds: a smoke test, not a figure to quote
 * @property {import('./programs.js').Programs} programs
 * @property {(text: string) => void} progress
 */

/**
 * @typedef {object} Measurement one row of the table
 * @property {string} label
 * @property {string} unit
 * @property {Record<string, import('./compare.js').Measured>} contenders by column
 * @property {readonly import('./targets.js').Target[]} targets
 * @property {readonly Row[]} [rows] the figure has a table of its own, with a row for each of these
 *   contenders and a column for each measurement
 * @property {Plot} [plot] how `--plot` draws it
 *
 * @typedef {object} Plot
 * @property {string} file its name, without ending
 * @property {string} title
 * @property {'less' | 'more'} better
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {string} what its version, and what it runs on
 * @property {string} own Spillway's contender that it is compared with
 */

/**
 * @typedef {object} Figure
 * @property {string} name as given on the command line
 * @property {string} title
 * @property {string} target
 * @property {string} how how it is measured, in a sentence or two
 * @property {string} [missed] the reason, where a missed target has a known one
 * @property {(context: Context) => Promise<Measurement[]>} run
 */

/** Thrown by a figure that this machine cannot measure. */
export class Skipped extends Error {}

/** The JavaScript contenders that take part in every figure that is not about Spillway alone. */
export const peers = ['child_process', 'execa', 'tinyexec'];

/** The columns of the table that hold contenders. */
export const columns = ['spillway', ...peers, 'C'];
