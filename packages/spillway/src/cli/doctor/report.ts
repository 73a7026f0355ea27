/** The diagnosis in words, for whatever stdout is, or as JSON. */
import { isatty } from 'node:tty';
import {
  type Changes,
  type DescribeOptions,
  type Diagnosis,
  describe,
  describeFinding,
  describeOver,
  drawing,
} from '../../doctor/index.js';

/** Below the times that stand before what has changed. */
const INDENT = ' '.repeat('12:34:56  '.length);

export function inWords(diagnosis: Diagnosis): string {
  return describe(diagnosis, illustration());
}

/** The time and what is over, then what is new as in the first report, and when nothing hangs any longer that nothing does. */
export function changesInWords(diagnosis: Diagnosis, changes: Changes, ended: readonly number[]): string {
  const over = [...changes.gone.map(describeOver), ...ended.map((pid) => `${pid} has ended.`)];
  const isOver =
    !diagnosis.findings.some(({ isHang }) => isHang) && changes.gone.some(({ isHang }) => isHang);
  const isLeft = diagnosis.processCount > 0;
  const parts = [
    `${time()}  ${over.join(`\n${INDENT}`)}`.trimEnd(),
    ...changes.appeared.map((finding) => describeFinding(finding, illustration())),
    ...(isOver && isLeft ? [inWords({ ...diagnosis, findings: [], limits: [], ended: [] })] : []),
  ];
  return parts.join('\n\n');
}

function time(): string {
  return new Date().toTimeString().slice(0, 8);
}

/** One line. */
export function changesAsJson(
  { state }: Diagnosis,
  { appeared, gone }: Changes,
  ended: readonly number[],
): string {
  return JSON.stringify({ at: new Date().toISOString(), state, appeared, gone, ended });
}

/** A colour terminal gets a small drawing with each story; a file or a pipe the text alone. */
function illustration(): DescribeOptions {
  if (!isColourTerminal()) return {};
  const options = { columns: process.stdout.columns || 80, isUnicode: isUnicode(), colour: true };
  return { illustrate: (finding) => drawing(finding, options) };
}

/** https://no-color.org: empty is as if it were not set. */
function isColourTerminal(): boolean {
  const { NO_COLOR = '', TERM = 'dumb' } = process.env;
  return isatty(1) && NO_COLOR === '' && TERM !== 'dumb' && TERM !== '';
}

/** The first of these that is set decides (locale(7)). */
function isUnicode(): boolean {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}
