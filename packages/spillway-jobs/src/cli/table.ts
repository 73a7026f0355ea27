/** A table that fits the terminal. */
import type { Screen } from './output.js';
import { tools } from './tools.js';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** Where the screen is too narrow, the columns that give way share what is left. */
  readonly givesWay?: true;
  /** Where there is no limit of width; the last column has none. */
  readonly most?: number;
  /** A code of SGR for a cell. */
  readonly colour?: (cell: string) => number | undefined;
}

const GAP = '  ';
const LEAST = 8;

/** Lines with their newlines. Cells are of one line, without control characters. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], on: Screen): string {
  const natural = columns.map(({ title, most }, index) => {
    const longest = rows.reduce(
      (so, row) => Math.max(so, tools.columnsOf(row[index] ?? '')),
      tools.columnsOf(title),
    );
    return Math.min(longest, most ?? longest);
  });
  const widths = on.columns === undefined ? natural : fitted(columns, natural, on.columns);
  const line = (cells: readonly string[], isTitle: boolean) => {
    const shown = columns.map((column, index) => {
      const width = widths[index] as number;
      const isLast = index === columns.length - 1;
      const given = cells[index] ?? '';
      const cell = isLast && on.columns === undefined ? given : tools.clippedTo(given, width);
      const room = ' '.repeat(Math.max(0, width - tools.columnsOf(cell)));
      const text = isTitle ? cell : coloured(cell, column, on);
      if (column.align === 'right') return room + text;
      return isLast ? text : text + room;
    });
    const joined = shown.join(GAP).trimEnd();
    return isTitle && on.isColoured ? `\x1b[1m${joined}\x1b[0m` : joined;
  };
  const titles = columns.map(({ title }) => title);
  return [line(titles, true), ...rows.map((row) => line(row, false))].map((text) => `${text}\n`).join('');
}

function coloured(cell: string, { colour }: Column, { isColoured }: Screen): string {
  const code = isColoured ? colour?.(cell) : undefined;
  return code === undefined ? cell : `\x1b[${code}m${cell}\x1b[0m`;
}

/** Widths whose sum, gaps included, is at most `columns`, if each column that gives way has its least. */
function fitted(columns: readonly Column[], natural: readonly number[], all: number): number[] {
  const isFixed = (index: number) => columns[index]?.givesWay === undefined;
  const sum = (numbers: readonly number[]) => numbers.reduce((so, one) => so + one, 0);
  let room = all - GAP.length * (columns.length - 1) - sum(natural.filter((_, index) => isFixed(index)));
  const widths = [...natural];
  // The narrowest first: what it does not need is the others'.
  const giving = natural.map((_, index) => index).filter((index) => !isFixed(index));
  giving.sort((a, b) => (natural[a] as number) - (natural[b] as number));
  for (const [place, index] of giving.entries()) {
    const share = Math.floor(room / (giving.length - place));
    widths[index] = Math.max(
      Math.min(natural[index] as number, share),
      Math.min(LEAST, natural[index] as number),
    );
    room -= widths[index] as number;
  }
  return widths;
}
