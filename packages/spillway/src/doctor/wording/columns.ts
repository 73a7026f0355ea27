/**
 * How many columns of a terminal a text takes. Letters of East Asian scripts and emoji take two (UAX #11), marks that stand above or below a
 * letter none. Where terminals differ the larger number is taken: a box that is a little too wide is still a box.
 */

const MARK = /^[\p{Mn}\p{Me}]$/u;
const WIDE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\p{Script=Tangut}\p{Emoji_Presentation}\u2e80-\u303e\u3200-\u33ff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

export function columnsOf(text: string): number {
  // Most names are ASCII.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const letter of text) columns += columnsOfLetter(letter);
  return columns;
}

/** At most so many columns, the rest an ellipsis. */
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
  // Makes an emoji of the sign before it, on some terminals.
  if (letter === '\ufe0f') return 1;
  if (MARK.test(letter)) return 0;
  return WIDE.test(letter) ? 2 : 1;
}
