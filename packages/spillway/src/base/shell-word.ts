/** A word as a user would type it into a shell, safe to print to a terminal. */

const PLAIN = /^[\w@%+=:,./-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\udc80-\udcff]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

/**
 * Quoted where necessary. Control characters, including the C1 set, and bytes that are not UTF-8 (see
 * `textOf`) are escaped in bash's `$'…'`.
 */
export function shellWord(word: string): string {
  if (PLAIN.test(word)) return word;
  if (word.search(CONTROL) < 0) return `'${word.replaceAll("'", `'\\''`)}'`;
  return `$'${word.replace(/[\\']/g, '\\$&').replace(CONTROL, escaped)}'`;
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  if (code > 0xff) return `\\x${(code & 0xff).toString(16)}`;
  return SHORT[character] ?? `\\u${code.toString(16).padStart(4, '0')}`;
}
