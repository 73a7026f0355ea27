/**
 * The characters that a terminal acts on or does not show: control characters (C0, DEL, C1), direction marks
 * and invisible characters (Cf, Zl, Zp), lone surrogates, private and unassigned ones.
 */
const CLASSES = String.raw`\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}`;
/** Nearly all texts are of these alone. */
const PRINTABLE = /^[ -[\]-~]*$/;

let unsafe: RegExp | undefined;

/**
 * Replaces each unsafe character, and each backslash, with what `escaped` gives for it. The expression is
 * made when it is first needed: V8 takes half a millisecond for these classes, at the import already if it is
 * a literal.
 */
export function replaceUnsafe(text: string, escaped: (character: string) => string): string {
  if (PRINTABLE.test(text)) return text;
  unsafe ??= new RegExp(`[\\\\${CLASSES}]`, 'gu');
  return text.replace(unsafe, escaped);
}
