import { readFile, writeFile } from 'node:fs/promises';
import { verdictsOf } from './report/index.js';

/**
 * The results of a run, with every sample.
 *
 * @typedef {import('./figure.js').Measurement} Measurement
 * @typedef {Omit<import('./figure.js').Figure, 'run'> & { skipped?: string, measurements: Measurement[] }}
 *   StoredFigure
 * @typedef {object} Stored
 * @property {import('./machine.js').Machine} machine
 * @property {boolean} quick
 * @property {StoredFigure[]} figures
 */

const file = new URL('../results.json', import.meta.url);

/** @param {import('./report/index.js').Report} report @returns {Stored} */
export function toStored({ machine, quick, results }) {
  const figures = results.map(({ figure: { run: _, ...figure }, measurements, skipped }) => ({
    ...figure,
    ...(skipped === undefined ? {} : { skipped }),
    measurements: measurements.map((measurement) => ({ ...measurement, verdicts: verdictsOf(measurement) })),
  }));
  return { machine, quick, figures };
}

/**
 * The samples of a contender in one line.
 *
 * @param {Stored} stored
 */
export function toJson(stored) {
  const text = JSON.stringify(stored, null, 2);
  return `${text.replace(/\[[\d\s.,e+-]+\]/g, (list) => list.replace(/\s+/g, ' '))}\n`;
}

/** @param {Stored} stored */
export const keep = (stored) => writeFile(file, toJson(stored));

/** @returns {Promise<Stored | undefined>} of the last whole run that was written */
export async function lastKept() {
  const text = await readFile(file, 'utf8').catch((error) => {
    if (error.code !== 'ENOENT') throw error;
  });
  return text === undefined ? undefined : JSON.parse(text);
}
