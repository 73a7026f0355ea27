/** A word as a user would type it into a shell, safe to print to a terminal. */

const PLAIN = /^[\w@%+=:,./-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

/** Quoted where necessary. Control characters, including the C1 set, are escaped in bash's `$'…'`. */
export function shellWord(word: string): string {
  if (PLAIN.test(word)) return word;
  if (word.search(CONTROL) < 0) return `'${word.replaceAll("'", `'\\''`)}'`;
  return `$'${word.replace(/[\\']/g, '\\$&').replace(CONTROL, escaped)}'`;
}

function escaped(character: string): string {
  return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
