/** Escapes text for DOT's HTML-like labels and for XML, and isolates right-to-left text. */

/**
 * Right-to-left text. Without isolation, adjacent brackets and digits would be displayed in another place.
 */
const SCRIPTS = ['Hebrew', 'Arabic', 'Syriac', 'Thaana', 'Nko', 'Adlam'];
const WORD = `[${SCRIPTS.map((name) => `\\p{Script=${name}}`).join('')}]+`;
const RIGHT_TO_LEFT = new RegExp(`${WORD}(?:\\s+${WORD})*`, 'gu');

/**
 * Escapes the special characters of XML, and the backslash: Graphviz replaces `\N` by the name of the node,
 * even if it is written as an entity, and two backslashes by one. `safe` has already replaced control
 * characters, which XML cannot contain.
 */
export function markup(text: string): string {
  return xmlText(text.replaceAll('\\', '\\\\'));
}

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
