import { format } from '../statistics.js';

/** @typedef {import('../compare.js').Measured} Measured */

/** @param {Measured | undefined} measured */
export function medianOf(measured) {
  if (measured?.error !== undefined) return 'failed';
  if (measured?.absent !== undefined) return '–';
  return measured?.summary ? format(measured.summary.median) : '';
}

/** @param {Measured | undefined} measured */
export function spreadOf(measured) {
  const summary = measured?.summary;
  return summary && summary.values.length > 1 ? `${format(summary.min)}–${format(summary.max)}` : '';
}

/** @param {Measured | undefined} measured */
export function medianAndSpread(measured) {
  const spread = spreadOf(measured);
  return spread ? `${medianOf(measured)} (${spread})` : medianOf(measured);
}

/**
 * For a terminal.
 *
 * @param {readonly string[][]} rows the first is the header
 */
export function padded(rows) {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '─'.repeat(width)).join('──'));
  return `${lines.join('\n')}\n`;
}

/** @param {readonly string[][]} rows the first is the header */
export function markdownTable([header = [], ...rows]) {
  return [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
