/**
 * Draws a finding in box characters for a terminal: each box waits for the next, and in a deadlock the last
 * for the first.
 *
 *     ┌─────────────────────────┐
 *     │ python3[17885] build.py │◄──────────────────────┐
 *     └─┬───────────────────────┘                       │
 *       │ waits for its child 17927 to exit             │
 *       ▼                                               │
 *     ┌───────────────────────┐                         │
 *     │ python3[17927] gen.py │                         │
 *     └─┬─────────────────────┘                         │
 *       │ cannot write its stdout: the pipe is full     │
 *       └───────────────────────────────────────────────┘
 */
import { styleText } from 'node:util';
import { clippedTo, columnsOf } from '../../base/index.js';
import type { Finding, FindingKind } from '../verdict/index.js';
import { type Step, stepsOf } from './steps.js';

export interface DrawingOptions {
  /** The width of the terminal; no line is wider. Below 24 there is no drawing. */
  readonly columns: number;
  /** Box characters; if false, `+`, `-` and `|`. */
  readonly isUnicode: boolean;
  /** Red, by escape codes. */
  readonly colour: boolean;
}

const DRAWN: ReadonlySet<FindingKind> = new Set([
  'deadlock',
  'self-deadlock',
  'held-open',
  'leaked-write-end',
  'never-drains',
]);
const FEWEST_COLUMNS = 24;
const INDENT = '  ';
/** Columns for the arrow back: a gap and the line. */
const LANE = 3;

/**
 * Lines without a final newline. Empty for zombies, stopped processes, locks and findings that are not hangs,
 * and on a terminal that is too narrow.
 */
export function drawing(finding: Finding, options: DrawingOptions): string {
  if (!DRAWN.has(finding.kind) || options.columns < FEWEST_COLUMNS) return '';
  const { steps, isCycle } = stepsOf(finding);
  const lines = new Sheet(options).lines(steps, isCycle).map((line) => line.trimEnd());
  return (options.colour ? lines.map(red) : lines).join('\n');
}

interface Signs {
  /** Top left, top right, bottom left, bottom right. */
  readonly corners: readonly [string, string, string, string];
  readonly stem: string;
  readonly across: string;
  readonly down: string;
  readonly arrowDown: string;
  readonly arrowBack: string;
  readonly ellipsis: string;
}

const UNICODE: Signs = {
  corners: ['┌', '┐', '└', '┘'],
  stem: '┬',
  across: '─',
  down: '│',
  arrowDown: '▼',
  arrowBack: '◄',
  ellipsis: '…',
};
const ASCII: Signs = {
  corners: ['+', '+', '+', '+'],
  stem: '+',
  across: '-',
  down: '|',
  arrowDown: 'v',
  arrowBack: '<',
  ellipsis: '...',
};

class Sheet {
  readonly #signs: Signs;
  readonly #isUnicode: boolean;
  readonly #columns: number;

  constructor({ columns, isUnicode }: DrawingOptions) {
    this.#columns = columns;
    this.#isUnicode = isUnicode;
    this.#signs = isUnicode ? UNICODE : ASCII;
  }

  lines(steps: readonly Step[], isCycle: boolean): string[] {
    const { corners, across, arrowBack } = this.#signs;
    const rows = steps.flatMap((step, index) => this.#step(step, isCycle || index < steps.length - 1));
    // Removes the point of the last arrow: in a cycle the arrow back has the point.
    if (isCycle) rows.pop();
    const plain = rows.map((row) => INDENT + row);
    if (!isCycle) return plain;
    const lane = Math.max(...plain.map(columnsOf)) + 1;
    const last = `${INDENT}  ${corners[2]}`;
    const back = plain.map((row, index) => {
      const gap = lane - columnsOf(row);
      if (index === 0) return row;
      if (index === 1) return `${row}${arrowBack}${across.repeat(gap - 1)}${corners[1]}`;
      return `${row}${' '.repeat(gap)}${this.#signs.down}`;
    });
    return [...back, `${last}${across.repeat(lane - columnsOf(last))}${corners[3]}`];
  }

  /** A box, and below it the text of the arrow down. */
  #step({ box, words }: Step, leadsOn: boolean): string[] {
    const { corners, across, down, stem, arrowDown } = this.#signs;
    const room = this.#columns - INDENT.length - LANE;
    const inside = box.map((line) => this.#clipped(line, room - 4));
    const width = Math.max(...inside.map(columnsOf));
    const edge = across.repeat(width + 2);
    const sides = inside.map((line) => `${down} ${line}${' '.repeat(width - columnsOf(line))} ${down}`);
    const foot = leadsOn ? `${across}${stem}${across.repeat(width)}` : edge;
    const frame = [`${corners[0]}${edge}${corners[1]}`, ...sides, `${corners[2]}${foot}${corners[3]}`];
    if (!leadsOn) return frame;
    const labels = words.map((line) => `  ${down} ${this.#clipped(line, room - 4)}`);
    return [...frame, ...labels, `  ${arrowDown}`];
  }

  #clipped(text: string, columns: number): string {
    return clippedTo(this.#isUnicode ? text : inAscii(text), columns, this.#signs.ellipsis);
  }
}

/** Replaces characters that the terminal cannot show, or that are not one column wide on it. */
function inAscii(text: string): string {
  return text.replace(/…/g, '...').replace(/[^\x20-\x7e]/gu, '?');
}

function red(line: string): string {
  // The caller has checked for colour; without this option Node would check its own stdout.
  return styleText('red', line, { validateStream: false });
}
