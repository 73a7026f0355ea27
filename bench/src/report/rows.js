/** The table of a figure with many contenders: a row for each of them, a column for each measurement. */
import { format } from '../statistics.js';
import { medianAndSpread } from './cells.js';

/**
 * @typedef {import('../figure.js').Measurement} Measurement
 * @typedef {import('../figure.js').Row} Row
 */

/** @param {readonly Measurement[]} measurements of one figure */
export function contenderRows(measurements) {
  const header = ['contender', 'what', ...measurements.map(({ label, unit }) => `${label}, ${unit}`)];
  const rows = measurements[0]?.rows ?? [];
  return [
    header,
    ...rows.map((row) => [
      row.name,
      row.what,
      ...measurements.map((measurement) => cellOf(row, measurement)),
    ]),
  ];
}

/**
 * The figure, and Spillway's as a multiple of it.
 *
 * @param {Row} row
 * @param {Measurement} measurement
 */
function cellOf({ name, own }, { contenders }) {
  const cell = medianAndSpread(contenders[name]);
  const spillway = contenders[own]?.summary?.median;
  const other = contenders[name]?.summary?.median;
  if (name === own || spillway === undefined || other === undefined) return cell;
  return `${cell}: ${format(spillway / other)} ×`;
}
