/**
 * The width of a text in terminal columns. Letters of East Asian scripts and emoji take two columns (UAX
 * #11), combining marks none. Where terminals differ, the larger width counts: a box may be too wide, but not
 * too narrow.
 */

const WIDE_SCRIPTS = ['Han', 'Hiragana', 'Katakana', 'Hangul', 'Bopomofo', 'Yi', 'Tangut'];
const WIDE = [
  ...['^[', ...WIDE_SCRIPTS.map((name) => `\\p{Script=${name}}`), '\\p{Emoji_Presentation}'],
  ...['\\u2e80-\\u303e', '\\u3200-\\u33ff', '\\ufe30-\\ufe6f', '\\uff01-\\uff60', '\\uffe0-\\uffe6'],
  ...['\\u{1f000}-\\u{1faff}', '\\u{20000}-\\u{3fffd}', ']$'],
].join('');

/** Made when they are first needed: V8 takes its time for these classes. */
let expressions: { readonly mark: RegExp; readonly wide: RegExp } | undefined;

export function columnsOf(text: string): number {
  // The common case, fast.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const letter of text) columns += columnsOfLetter(letter);
  return columns;
}

/** Cuts the text to this many columns, ellipsis included. */
export function clippedTo(text: string, columns: number, ellipsis = '…'): string {
  if (columnsOf(text) <= columns) return text;
  let rest = columns - columnsOf(ellipsis);
  if (rest < 0) return '';
  let shown = '';
  for (const letter of text) {
    rest -= columnsOfLetter(letter);
    if (rest < 0) break;
    shown += letter;
  }
  return shown + ellipsis;
}

function columnsOfLetter(letter: string): number {
  // The variation selector turns the character before it into a wide emoji on some terminals.
  if (letter === '\ufe0f') return 1;
  expressions ??= { mark: /^[\p{Mn}\p{Me}]$/u, wide: new RegExp(WIDE, 'u') };
  if (expressions.mark.test(letter)) return 0;
  return expressions.wide.test(letter) ? 2 : 1;
}
