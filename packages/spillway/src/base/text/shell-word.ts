/** A word as a user would type it into a shell, safe to print to a terminal. */

const PLAIN = /^[\w@%+=:,./-]+$/;
/** As in safe-text.ts, without the backslash. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

/**
 * Quoted where necessary. What a terminal would act on, or not show, and bytes that are not UTF-8 (see
 * `textOf`) are escaped in bash's `$'…'`.
 */
export function shellWord(word: string): string {
  if (PLAIN.test(word)) return word;
  if (word.search(UNSAFE) < 0) return `'${word.replaceAll("'", `'\\''`)}'`;
  return `$'${word.replace(/[\\']/g, '\\$&').replace(UNSAFE, escaped)}'`;
}

function escaped(character: string): string {
  const code = character.codePointAt(0) as number;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code & 0xff).toString(16)}`;
  const long = code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : undefined;
  return SHORT[character] ?? long ?? `\\u${code.toString(16).padStart(4, '0')}`;
}
