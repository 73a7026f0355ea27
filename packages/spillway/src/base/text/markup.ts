/** Text for XML and HTML, with right-to-left text isolated, and lines of a width. */

/**
 * Right-to-left text. Without isolation, adjacent brackets and digits would be displayed in another place.
 */
const SCRIPTS = ['Hebrew', 'Arabic', 'Syriac', 'Thaana', 'Nko', 'Adlam'];
const WORD = `[${SCRIPTS.map((name) => `\\p{Script=${name}}`).join('')}]+`;
const RIGHT_TO_LEFT = new RegExp(`${WORD}(?:\\s+${WORD})*`, 'gu');

/** With the special characters as entities. `safe` must have replaced control characters before. */
export function xmlText(text: string): string {
  // FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE (UAX #9).
  const isolated = text.replace(RIGHT_TO_LEFT, '\u2068$&\u2069');
  return isolated.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}

/** Lines of at most `length` characters, broken between words if possible. */
export function wrapped(text: string, length: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((one) => pieces(one, length))) {
    if (line !== '' && line.length + 1 + word.length > length) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function pieces(word: string, length: number): string[] {
  const letters = [...word];
  const found: string[] = [];
  for (let at = 0; at < letters.length || at === 0; at += length)
    found.push(letters.slice(at, at + length).join(''));
  return found;
}
