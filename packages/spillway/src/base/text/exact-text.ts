/**
 * Text that can hold any bytes. Arguments, variables and paths are bytes to the system, mostly of UTF-8. A
 * byte that is not part of a UTF-8 character stands in a string as a lone surrogate, U+DC00 plus its value,
 * as in Python (PEP 383). No valid UTF-8 decodes to one, so bytes and text correspond in both directions.
 */
import { isUtf8 } from 'node:buffer';

const OFFSET = 0xdc00;
const ESCAPED = /([\udc80-\udcff])/u;
const REPLACEMENT = '\ufffd';

/** The text for these bytes. */
export function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = lengthOfCharacter(bytes, at);
    text +=
      length > 0 ? bytes.toString('utf8', at, at + length) : String.fromCharCode(OFFSET + byteAt(bytes, at));
    at += Math.max(length, 1);
  }
  return text;
}

/** The bytes for this text; for a lone surrogate that stands for no byte, those of U+FFFD. */
export function bytesOf(text: string): Buffer {
  if (isWellFormed(text)) return Buffer.from(text);
  const parts = text.split(ESCAPED);
  return Buffer.concat(
    parts.map((part, index) =>
      index % 2 === 0 ? Buffer.from(part) : Buffer.of(part.charCodeAt(0) - OFFSET),
    ),
  );
}

/** For functions that encode text themselves, as those of node:fs: bytes where text would lose some. */
export function exactPath(text: string): string | Buffer {
  return isWellFormed(text) ? text : bytesOf(text);
}

/** For functions of the C library, which take text or bytes that end with NUL. */
export function exactWord(text: string): string | Buffer {
  return isWellFormed(text) ? text : Buffer.concat([bytesOf(text), Buffer.alloc(1)]);
}

/** Whether every byte that the text stands for is part of a character. */
export function isWellFormed(text: string): boolean {
  // Since Node 20; the types of this language level do not have it yet.
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

/** Whether text that another decoder made may have lost bytes. */
export function mayBeInexact(text: string): boolean {
  return text.includes(REPLACEMENT);
}

/** Of the UTF-8 character that begins here; 0 if none does. */
function lengthOfCharacter(bytes: Buffer, at: number): number {
  const first = byteAt(bytes, at);
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

function byteAt(bytes: Buffer, at: number): number {
  return bytes[at] as number;
}
