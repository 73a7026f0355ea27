/** A picture as DOT, the language of Graphviz (https://graphviz.org/doc/info/lang.html). */

import { columnsOf, wrapped } from '../../base/index.js';
import { markup } from './markup.js';
import type { Arrow, Box, Line, Picture, Role } from './picture.js';

/**
 * Distinguishable without seeing red. Colour never carries meaning alone: texts and line widths say the same.
 */
const STYLES: Readonly<
  Record<
    Role,
    { readonly line: string; readonly text: string; readonly fill: string; readonly width: number }
  >
> = {
  hang: { line: '#c00000', text: '#a00000', fill: '#fdecec', width: 2.5 },
  stuck: { line: '#b36b00', text: '#8a5200', fill: '#fff6e5', width: 1.8 },
  remark: { line: '#333333', text: '#222222', fill: '#f2f2f2', width: 1.8 },
  plain: { line: '#808080', text: '#555555', fill: '#ffffff', width: 1 },
};
/** Fonts that browsers have, in this order. */
const SANS = 'Helvetica,Arial,sans-serif';
const MONO = 'Courier New,Courier,monospace';
const FONTS = { name: SANS, command: MONO, plain: SANS } as const;
const SIZES = { name: 13, command: 11, plain: 11 } as const;
/**
 * The width of a column as a fraction of the font size. Graphviz computes with the widths of Arial's Latin
 * letters; other fonts are wider, and it counts unknown letters as a space.
 */
const COLUMN = { name: 0.62, command: 0.6, plain: 0.57 } as const;
/**
 * From this many arrows on, limits Graphviz's search for a better layout: with 350 arrows it takes a minute.
 */
const TANGLE = 100;
const LABEL_SIZE = 10;
const LABEL_GAP = 4;
const TITLE_LENGTH = 76;
const NOTE_LENGTH = 110;
const GAUGE_HEIGHT = 7;

/**
 * One graph with a final newline. Quoted words are Spillway's own; all foreign text goes through `markup`
 * into labels.
 */
export function dotOf({ title, subtitle, boxes, arrows, notes }: Picture): string {
  return [
    'digraph doctor {',
    '  graph [bgcolor="white", rankdir="TB", nodesep="0.4", ranksep="0.45", pad="0.2"]',
    `  graph [fontname="${SANS}"]`,
    ...(arrows.length > TANGLE ? ['  graph [nslimit="2", nslimit1="2", mclimit="0.5"]'] : []),
    `  node [fontname="${SANS}", margin="0.12,0.07"]`,
    `  edge [fontname="${SANS}", fontsize="${LABEL_SIZE}"]`,
    `  label=<${rows(notes.flatMap(small))}>`,
    '  labelloc="b"',
    '  labeljust="l"',
    // An invisible cluster around all boxes carries the title: a graph has only one label.
    '  subgraph cluster_all {',
    '    peripheries="0"',
    '    margin="12"',
    '    labelloc="t"',
    `    label=<${rows([...title.flatMap(large), ...subtitle.flatMap(small), EMPTY])}>`,
    ...boxes.map((box) => `    ${node(box)}`),
    ...(boxes.length === 0 ? ['    "nothing" [shape="plaintext", label=<no process to show>]'] : []),
    '  }',
    ...arrows.map((arrow) => `  ${edge(arrow)}`),
    '}',
    '',
  ].join('\n');
}

const EMPTY = '<TD HEIGHT="6"></TD>';

function large(text: string): string[] {
  return wrapped(text, TITLE_LENGTH).map((line) =>
    textCell(points(line, 15, COLUMN.name), `<FONT POINT-SIZE="15"><B>${markup(line)}</B></FONT>`),
  );
}

function small(text: string): string[] {
  return wrapped(text, NOTE_LENGTH).map((line) =>
    textCell(points(line, 10, COLUMN.plain), `<FONT POINT-SIZE="10" COLOR="#555555">${markup(line)}</FONT>`),
  );
}

/** Left-aligned: centred text would be off-centre in a font of another width. */
function textCell(width: number, content: string): string {
  return `<TD ALIGN="LEFT" WIDTH="${width}">${content}</TD>`;
}

function rows(cells: readonly string[], padding = 1): string {
  const inside = cells.map((one) => `<TR>${one}</TR>`).join('');
  return `<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="${padding}">${inside}</TABLE>`;
}

function node({ id, kind, role, lines, fill }: Box): string {
  const style = STYLES[role];
  const cells = lines.map((line) => lineCell(line, style.text));
  if (fill !== undefined) {
    // As wide as the text: Graphviz would stretch a narrower table, but not its cells.
    const width = Math.max(...lines.map(pointsOf)) - 2;
    cells.splice(1, 0, `<TD>${gauge(fill, width, style.line)}</TD>`);
  }
  return `${quoted(id)} [${attributes({
    shape: 'box',
    style: kind === 'process' ? 'rounded,filled' : 'filled',
    color: style.line,
    fillcolor: role === 'plain' && kind === 'thing' ? '#f4f6f8' : style.fill,
    penwidth: String(style.width),
  })}, label=<${rows(cells)}>]`;
}

function lineCell({ text, look }: Line, colour: string): string {
  const words = look === 'name' ? `<B>${markup(text)}</B>` : markup(text);
  const ink = look === 'name' ? '#000000' : colour;
  const content = `<FONT FACE="${FONTS[look]}" POINT-SIZE="${SIZES[look]}" COLOR="${ink}">${words}</FONT>`;
  return textCell(pointsOf({ text, look }), content);
}

function pointsOf({ text, look }: Line): number {
  return points(text, SIZES[look], COLUMN[look]);
}

function points(text: string, size: number, column: number): number {
  return Math.ceil(columnsOf(text) * size * column);
}

/** A bar that shows how full the pipe is. */
function gauge(fill: number, width: number, colour: string): string {
  const part = Math.round(fill * width);
  const bar = (points: number, ink: string) =>
    points <= 0
      ? ''
      : `<TD FIXEDSIZE="TRUE" WIDTH="${points}" HEIGHT="${GAUGE_HEIGHT}" BGCOLOR="${ink}"></TD>`;
  const bars = `${bar(part, colour)}${bar(width - part, '#ffffff')}`;
  const border = `BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" COLOR="${colour}"`;
  return `<TABLE ${border}><TR>${bars}</TR></TABLE>`;
}

function edge({ from, to, kind, role, label, isTwoWay }: Arrow): string {
  const style = STYLES[role];
  const isWait = kind === 'wait';
  const text = isWait && role === 'hang' ? `<B>${markup(label)}</B>` : markup(label);
  const words = rows([textCell(points(label, LABEL_SIZE, COLUMN.plain), text)], LABEL_GAP);
  return `${quoted(from)} -> ${quoted(to)} [${attributes({
    color: style.line,
    fontcolor: style.text,
    penwidth: String(isWait ? Math.max(1.5, style.width) : style.width),
    style: kind === 'child' ? 'dotted' : 'solid',
    arrowhead: isWait ? 'normal' : 'vee',
    arrowsize: isWait ? '0.9' : '0.6',
    ...(isTwoWay && { dir: 'both', arrowtail: 'vee' }),
    weight: isWait ? '3' : '1',
  })}${label === '' ? '' : `, label=<${words}>`}]`;
}

/** For Spillway's own words only: values are not escaped. */
function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(', ');
}

function quoted(word: string): string {
  return `"${word}"`;
}
