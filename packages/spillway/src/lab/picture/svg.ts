/**
 * Pictures as SVG. Text, lines and areas have the colours of CSS variables, which follow the reader's light
 * or dark scheme; a file has them in itself, and so has a page.
 */
import { safeLines, xmlText } from '../../base/index.js';
import type { Curves, HeatMap, Picture, Strip } from './picture.js';
import { brief } from './text.js';

const WIDTH = 760;
const LEFT = 90;
const LINE = 18;
/** Of writers and of series: told apart in both schemes, and with most kinds of colour blindness. */
const SERIES = 8;

/** For both schemes; also part of a page. */
export const STYLE = `
  --ink: #1d2430; --faint: #667080; --grid: #d8dde5; --paper: #ffffff; --hot: 178 70 16; --cold: 232 238 246;
  --s0: #1f66c1; --s1: #c2541a; --s2: #14804a; --s3: #8e3fb0; --s4: #a67c00; --s5: #0b8194; --s6: #c02d62;
  --s7: #5b6472;`;
export const DARK_STYLE = `
  --ink: #e4e9f1; --faint: #98a3b3; --grid: #343d4b; --paper: #141a22; --hot: 255 170 84; --cold: 34 43 56;
  --s0: #6ba7f5; --s1: #f29259; --s2: #52c98b; --s3: #cf8cf0; --s4: #e3b93c; --s5: #45c4d8; --s6: #f47ba4;
  --s7: #a3adbb;`;
/** What the elements of a picture have. */
export const RULES = `
.plot { background: var(--paper); }
.plot text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.plot .title { font-size: 14px; font-weight: 600; }
.plot .faint { fill: var(--faint); }
.plot .mono { font-family: ui-monospace, monospace; }
.plot .grid { stroke: var(--grid); fill: none; }
${Array.from(
  { length: SERIES },
  (_, index) => `.plot .f${index} { fill: var(--s${index}); }
.plot .l${index} { stroke: var(--s${index}); fill: none; stroke-width: 2; }`,
).join('\n')}`;

/** One `<svg>` element, without colours of its own: for a page that has STYLE and RULES. */
export function svgOf(picture: Picture): string {
  const { body, height } = drawn(picture);
  const label = escapeMarkup(picture.title);
  return (
    `<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
    `width="${WIDTH}" height="${height}" role="img" aria-label="${label}">\n${body.join('\n')}\n</svg>`
  );
}

/** The same as a file. */
export function svgFile(picture: Picture): string {
  const style = `<style>
.plot {${STYLE}
}
@media (prefers-color-scheme: dark) {
.plot {${DARK_STYLE}
}
}${RULES}
</style>`;
  return `${svgOf(picture).replace('>\n', `>\n${style}\n`)}\n`;
}

const escapeMarkup = (words: string) => xmlText(safeLines(words));

interface Drawn {
  readonly body: string[];
  readonly height: number;
}

function drawn(picture: Picture): Drawn {
  if (picture.kind === 'strip') return strip(picture);
  return picture.kind === 'heat' ? heat(picture) : curves(picture);
}

function text(x: number, y: number, words: string, classes = '', anchor = 'start'): string {
  const where = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"`;
  return `<text ${where} class="${classes}">${escapeMarkup(words)}</text>`;
}

const round = (value: number) => Number(value.toFixed(1));

function rect(x: number, y: number, width: number, height: number, more: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" ${more}/>`;
}

function strip({ title, rows, note }: Strip): Drawn {
  const body = [text(0, 16, title, 'title')];
  const across = 72;
  const cell = WIDTH / across;
  let y = 34;
  const writers = [...new Set(rows.flatMap(({ blocks }) => [...blocks]))].sort();
  for (const [index, writer] of writers.entries()) {
    body.push(
      rect(index * 60, y, 12, 12, `class="f${index % SERIES}"`),
      text(index * 60 + 18, y + 11, writer),
    );
  }
  y += 30;
  for (const { label, blocks } of rows) {
    body.push(text(0, y + 8, label, 'faint'));
    y += 16;
    for (const [index, writer] of [...blocks].entries()) {
      const row = Math.floor(index / across);
      const colour = writers.indexOf(writer) % SERIES;
      body.push(rect((index % across) * cell, y + row * LINE, cell - 1, LINE - 3, `class="f${colour}"`));
    }
    y += Math.ceil(blocks.length / across) * LINE + 16;
  }
  return noted(body, y, note);
}

function heat({ title, unit, across, down, values, note }: HeatMap): Drawn {
  const body = [text(0, 16, `${title} (${unit})`, 'title')];
  const top = 64;
  const cell = (WIDTH - LEFT) / across.labels.length;
  const row = 30;
  body.push(text(0, 38, `across: ${across.title}; down: ${down.title}`, 'faint'));
  for (const [index, label] of across.labels.entries())
    body.push(text(LEFT + (index + 0.5) * cell, 56, label, '', 'middle'));
  for (const [line, label] of down.labels.entries()) {
    const y = top + line * row;
    body.push(text(LEFT - 8, y + 20, label, '', 'end'));
    // By row: the rows differ by a factor of a thousand.
    const most = Math.max(...(values[line] ?? []), Number.MIN_VALUE);
    for (const [column, value] of (values[line] ?? []).entries()) {
      const share = (value / most) ** 2;
      const x = LEFT + column * cell;
      body.push(rect(x, y, cell - 2, row - 2, 'rx="3" style="fill: rgb(var(--cold))"'));
      body.push(
        rect(x, y, cell - 2, row - 2, `rx="3" style="fill: rgb(var(--hot) / ${(share * 0.42).toFixed(2)})"`),
      );
      body.push(text(x + cell / 2 - 1, y + 19, brief(value), 'mono', 'middle'));
    }
  }
  const told = `${note} The darker or brighter a cell, the faster among those of its row.`;
  return noted(body, top + down.labels.length * row + 8, told);
}

function curves({ title, across, up, series, note }: Curves): Drawn {
  const body = [text(0, 16, title, 'title'), text(0, 38, up.title, 'faint')];
  const [top, height] = [74, 240];
  const most = niceMaximum(Math.max(...series.flatMap(({ values }) => values)));
  const step = (WIDTH - LEFT - 20) / Math.max(across.labels.length - 1, 1);
  const x = (index: number) => LEFT + index * step;
  const y = (value: number) => top + height * (1 - value / most);
  for (let tick = 0; tick <= 4; tick++) {
    const value = (most * tick) / 4;
    body.push(`<path class="grid" d="M${LEFT} ${round(y(value))}H${WIDTH}"/>`);
    body.push(text(LEFT - 8, y(value) + 4, brief(value), '', 'end'));
  }
  for (const [index, label] of across.labels.entries())
    body.push(text(x(index), top + height + 18, label, '', 'middle'));
  body.push(text(LEFT, top + height + 36, across.title, 'faint'));
  let at = LEFT;
  for (const [index, { label, values }] of series.entries()) {
    body.push(rect(at, 48, 12, 12, `class="f${index}"`), text(at + 18, 59, label));
    at += 18 + label.length * 7 + 24;
    const path = values
      .map((value, one) => `${one === 0 ? 'M' : 'L'}${round(x(one))} ${round(y(value))}`)
      .join('');
    body.push(`<path class="l${index}" d="${path}"/>`);
    for (const [one, value] of values.entries())
      body.push(`<circle class="f${index}" cx="${round(x(one))}" cy="${round(y(value))}" r="3.5"/>`);
  }
  return noted(body, top + height + 52, note);
}

/** 1, 2 or 5 times a power of ten, or 8 powers of two. */
function niceMaximum(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 4, 8, 10].find((step) => value <= step * power) ?? 10);
}

function noted(body: string[], y: number, note: string): Drawn {
  if (note === '') return { body, height: Math.ceil(y + 4) };
  return { body: [...body, text(0, y + 12, note, 'faint')], height: Math.ceil(y + 22) };
}
