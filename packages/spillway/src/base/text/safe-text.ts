/**
 * Texts of others for a terminal: names, paths, output, messages of other processes. Any of them may hold
 * escape codes that clear the screen, a newline with a forged line of a report, characters that reverse the
 * writing direction. They are shown as `\x1b` or `\u202e`.
 */
import { replaceUnsafe } from './unsafe.js';

const KEPT_IN_LINES: ReadonlySet<string> = new Set(['\n', '\t', '\\']);
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\' };

export function safe(text: string): string {
  return replaceUnsafe(text, escaped);
}

/** A text of several lines, such as a message: newlines, tabs and backslashes stay. */
export function safeLines(text: string): string {
  return replaceUnsafe(text, (character) => (KEPT_IN_LINES.has(character) ? character : escaped(character)));
}

/** A message on one line, whatever the words that it quotes. */
export function safeLine(text: string): string {
  return safeLines(text).replaceAll('\n', '\\n');
}

/** The same for a line of JSON, which stays the same JSON. */
export function safeJson(json: string): string {
  return replaceUnsafe(json, (character) =>
    character === '\\' ? character : character.split('').map(unicodeEscape).join(''),
  );
}

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A name to show before `[pid]`: brackets in the name could forge another pid. */
export function safeName(text: string): string {
  return safe(text).replace(/[[\]]/g, escaped);
}

function escaped(character: string): string {
  const named = NAMED[character];
  if (named) return named;
  const code = character.codePointAt(0) as number;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}

/** Cuts the text to this many characters, ellipsis included. */
export function clipped(text: string, length: number): string {
  const letters = [...text];
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join('')}…`;
}
