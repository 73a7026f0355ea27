/** @typedef {{ median: number, min: number, max: number, values: number[] }} Summary */

/**
 * @param {readonly number[]} values
 * @returns {number}
 */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * A contender's figure is its median: on a shared machine the mean follows other programs' work, and the
 * minimum hides the cost of a run.
 *
 * @param {number[]} values
 * @returns {Summary}
 */
export function summarize(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), values };
}

/**
 * Three significant digits, written out.
 *
 * @param {number} value
 */
export function format(value) {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}
