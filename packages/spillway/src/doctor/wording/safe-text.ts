/**
 * Names and paths for a terminal. A process may call itself anything: escape codes that clear the screen, a newline and a line that looks
 * like ours, letters that turn the direction of writing. All of it is shown, as `\x1b` or `\u202e`, and none of it acts.
 */

/** Controls (C0, DEL, C1), what changes direction or is invisible (Cf, Zl, Zp), halves of surrogates, and the backslash itself. */
const UNSAFE = /[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\' };

export function safe(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** A name that stands before `[pid]`: brackets of its own would show another one. */
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

/** At most so many characters, the rest an ellipsis. */
export function clipped(text: string, length: number): string {
  const letters = [...text];
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join('')}…`;
}
