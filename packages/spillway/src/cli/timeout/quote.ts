/**
 * Quotes a word in a message as GNU's programs do: quotation marks of the locale, control characters escaped.
 */

const ESCAPES: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  92: '\\\\',
};

/** Characters that a terminal does not show, or takes as a command. */
const UNPRINTABLE = /^[\p{Cc}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]$/u;

/** In ‘ and ’ if the character set has them; otherwise in ', with each non-ASCII byte in octal. */
export function quoteWord(word: Buffer, utf8: boolean): string {
  const [open, close] = utf8 ? ['‘', '’'] : ["'", "'"];
  const parts = utf8 ? characters(word) : [...word].map((byte) => Buffer.of(byte));
  return open + parts.map((part) => show(part, close)).join('') + close;
}

/** The bytes of each character; a byte outside any character stands alone. */
function characters(word: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < word.length; ) {
    const length = [1, 2, 3, 4].find((n) => isCharacter(word.subarray(at, at + n))) ?? 1;
    parts.push(word.subarray(at, at + length));
    at += length;
  }
  return parts;
}

function isCharacter(bytes: Buffer): boolean {
  const text = bytes.toString();
  return [...text].length === 1 && Buffer.from(text).equals(bytes);
}

function show(part: Buffer, close: string): string {
  const text = part.toString();
  if (text === close) return `\\${close}`;
  const short = part.length === 1 ? ESCAPES[part[0] as number] : undefined;
  if (short !== undefined) return short;
  const valid = Buffer.from(text).equals(part);
  if (valid && !UNPRINTABLE.test(text)) return text;
  return [...part].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
