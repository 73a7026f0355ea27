/** The diagnosis as text, with drawings on a colour terminal, or as JSON. */

import { isatty } from 'node:tty';
import { dateNow } from '../../base/index.js';
import {
  type Changes,
  type DescribeOptions,
  type Diagnosis,
  describe,
  describeFinding,
  describeOver,
  drawing,
} from '../../doctor/index.js';

/** As wide as the time before a change. */
const INDENT = ' '.repeat('12:34:56  '.length);

export function inWords(diagnosis: Diagnosis): string {
  return describe(diagnosis, illustration());
}

/** The time and the hangs that are over; then new findings; at last a summary if nothing hangs any longer. */
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
  return dateNow().toTimeString().slice(0, 8);
}

export function changesAsJson(
  { state }: Diagnosis,
  { appeared, gone }: Changes,
  ended: readonly number[],
): string {
  return JSON.stringify({ at: dateNow().toISOString(), state, appeared, gone, ended });
}

/** A colour terminal gets a small drawing with each finding; a file or a pipe gets text only. */
function illustration(): DescribeOptions {
  if (!isColourTerminal()) return {};
  const options = { columns: process.stdout.columns || 80, isUnicode: isUnicode(), colour: true };
  return { illustrate: (finding) => drawing(finding, options) };
}

/** An empty NO_COLOR counts as unset (https://no-color.org). */
function isColourTerminal(): boolean {
  const { NO_COLOR = '', TERM = 'dumb' } = process.env;
  return isatty(1) && NO_COLOR === '' && TERM !== 'dumb' && TERM !== '';
}

/** The first variable that is set decides (locale(7)). */
function isUnicode(): boolean {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}
