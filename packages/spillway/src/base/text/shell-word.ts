/** A word as a user would type it into a shell, safe to print to a terminal. */
import { replaceUnsafe } from './unsafe.js';

const PLAIN = /^[\w@%+=:,./-]+$/;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

/**
 * Quoted where necessary. What a terminal would act on, or not show, and bytes that are not UTF-8 (see
 * `textOf`) are escaped in bash's `$'…'`.
 */
export function shellWord(word: string): string {
  if (PLAIN.test(word)) return word;
  let isUnsafe = false;
  const escapedWord = replaceUnsafe(word, (character) => {
    if (character === '\\') return '\\\\';
    isUnsafe = true;
    return escaped(character);
  });
  return isUnsafe ? `$'${escapedWord.replaceAll("'", "\\'")}'` : `'${word.replaceAll("'", `'\\''`)}'`;
}

function escaped(character: string): string {
  const code = character.codePointAt(0) as number;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code & 0xff).toString(16)}`;
  const long = code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : undefined;
  return SHORT[character] ?? long ?? `\\u${code.toString(16).padStart(4, '0')}`;
}
