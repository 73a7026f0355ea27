/**
 * Names as rsync prints them. In the C locale it escapes each byte that is not printable ASCII as `\#ooo`,
 * and the backslash of a name that would read as such an escape: the text stands for exactly one name.
 */
import { textOf } from '../../base/index.js';

const ESCAPE = /\\#([0-7]{3})/g;

/** The name, with lone surrogates for bytes that are not UTF-8 (see `textOf` of base). */
export function nameOf(printed: string): string {
  if (!printed.includes('\\#')) return printed;
  const bytes = printed.replace(ESCAPE, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8) & 0xff),
  );
  return textOf(Buffer.from(bytes, 'latin1'));
}
