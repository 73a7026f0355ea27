/** The printed output: headings, sentences, aligned facts, and one line of progress on a terminal. */
import { clearLine, cursorTo } from 'node:readline';
import { styleText } from 'node:util';

const { stdout } = process;
const coloured = stdout.isTTY === true && stdout.hasColors(); // hasColors() heeds NO_COLOR and TERM=dumb
const INDENT = '   ';

/**
 * @param {Parameters<typeof styleText>[0]} style
 * @param {string} text
 */
export function paint(style, text) {
  return coloured ? styleText(style, text) : text;
}

/** @param {number} value */
export function number(value) {
  return value.toLocaleString('en-US');
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return `${number(Math.round(bytes / 1e6))} MB`;
}

/** @param {number} milliseconds */
export function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** @param {string} text */
export function heading(text) {
  console.log(`\n${paint('bold', text)}`);
}

/** @param {string[]} lines */
export function say(...lines) {
  for (const line of lines) console.log(INDENT + line);
}

/** @param {[string, string][]} rows */
export function facts(rows) {
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) say(`  ${paint('dim', name.padEnd(width))}  ${value}`);
}

/**
 * On a terminal, rewrites one line; elsewhere prints nothing, because progress is useless in a log.
 *
 * @param {string} text
 */
export function progress(text) {
  if (!stdout.isTTY) return;
  cursorTo(stdout, 0);
  stdout.write((INDENT + text).slice(0, (stdout.columns || 80) - 1));
  clearLine(stdout, 1);
}

export function clearProgress() {
  if (!stdout.isTTY) return;
  cursorTo(stdout, 0);
  clearLine(stdout, 0);
}
