/** Tables of text in columns, whose cells are wrapped. */
import { wrapped } from '../../base/index.js';

/** `widths`: in characters, one for each column. Lines without final spaces. */
export function columns(rows: readonly (readonly string[])[], widths: readonly number[]): string[] {
  return rows.flatMap((row) => {
    const cells = row.map((cell, index) => folded(cell, widths[index] ?? 80));
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      cells
        .map((lines, index) => (lines[line] ?? '').padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  });
}

/** Lines of at most `width` characters, of a text that may have newlines. */
export function folded(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapped(line, width));
}
