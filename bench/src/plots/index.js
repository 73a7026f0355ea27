import { mkdir, writeFile } from 'node:fs/promises';
import { drawBars } from './bars.js';

/**
 * @typedef {import('../results.js').Stored} Stored
 * @typedef {import('../figure.js').Measurement} Measurement
 */

const folder = new URL('../../plots/', import.meta.url);

/**
 * Draws every measurement that names a plot.
 *
 * @param {Stored} stored
 * @returns {Promise<string[]>} the files
 */
export async function drawPlots(stored) {
  await mkdir(folder, { recursive: true });
  const drawn = plotsOf(stored);
  for (const { file, svg } of drawn) await writeFile(new URL(file, folder), svg);
  return drawn.map(({ file }) => file);
}

/** @param {Stored} stored */
export function plotsOf({ machine, figures, quick }) {
  const note = `${machine.date} · Node ${machine.node} · ${machine.cpu}, ${machine.cores} cores · medians${
    quick ? ' of a quick run: no figures to quote' : ''
  }`;
  return figures
    .flatMap(({ measurements }) => measurements)
    .flatMap(({ plot, unit, contenders }) => {
      const bars = barsOf(contenders);
      if (plot === undefined || bars.length === 0) return [];
      const { title, better } = plot;
      return [{ file: `${plot.file}.svg`, svg: drawBars({ title, better, unit, bars, note }) }];
    });
}

/** @param {Measurement['contenders']} contenders */
function barsOf(contenders) {
  return Object.entries(contenders).flatMap(([name, { summary }]) =>
    summary ? [{ name, value: summary.median, isOwn: name.startsWith('spillway') }] : [],
  );
}
