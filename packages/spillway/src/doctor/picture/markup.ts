/** Text in DOT's HTML-like labels, so that it stays text: there, in XML, and for the eye. */

/** Letters that are written from the right. Beside them, brackets and digits would change places with those of a neighbour. */
const FROM_THE_RIGHT =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]+(?:\s+[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]+)*/gu;

/**
 * All that has a meaning in XML, and the backslash: Graphviz puts the name of the node in place of `\N`, also where it stands as an entity,
 * and one backslash in place of two. What XML cannot hold at all, such as control characters, `safe` has made visible before.
 */
export function markup(text: string): string {
  return xmlText(text.replaceAll('\\', '\\\\'));
}

export function xmlText(text: string): string {
  // FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE (UAX #9): put there by us, around what stands in one direction.
  const isolated = text.replace(FROM_THE_RIGHT, '\u2068$&\u2069');
  return isolated.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}

/** Lines of at most so many characters, broken between words where that can be. */
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
