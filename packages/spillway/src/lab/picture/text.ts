/** Pictures as lines of text. */
import { formatCount } from '../../base/index.js';
import type { Picture } from './picture.js';

const STRIP_WIDTH = 72;

export function inText(picture: Picture): string[] {
  const { title, note } = picture;
  return [title, ...bodyOf(picture), ...(note === '' ? [] : [note])];
}

function bodyOf(picture: Picture): string[] {
  if (picture.kind === 'strip')
    return picture.rows.flatMap(({ label, blocks }) => [
      `${label}:`,
      ...(blocks.match(new RegExp(`.{1,${STRIP_WIDTH}}`, 'g')) ?? []).map((line) => `  ${line}`),
    ]);
  if (picture.kind === 'heat') {
    const { across, down, values, unit } = picture;
    const rows = down.labels.map((label, index) => [label, ...(values[index] ?? []).map(brief)]);
    return [`${unit}; ${down.title} by ${across.title}`, ...aligned([['', ...across.labels], ...rows])];
  }
  const { across, up, series } = picture;
  const rows = across.labels.map((label, index) => [
    label,
    ...series.map(({ values }) => brief(values[index] ?? Number.NaN)),
  ]);
  return [
    `${up.title}, by ${across.title}`,
    ...aligned([['', ...series.map(({ label }) => label)], ...rows]),
  ];
}

/** Three digits. */
export function brief(value: number): string {
  if (!Number.isFinite(value)) return '';
  if (Math.abs(value) >= 100) return formatCount(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}
