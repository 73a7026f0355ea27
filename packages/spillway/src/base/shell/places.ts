/**
 * Where values stand in a script for sh(1), and how each is quoted there (XCU 2.2, 2.6). Where the quotes
 * around a value cannot be told for certain, its place is 'unclear', and it must not be put in: a wrong guess
 * would run it.
 */
import { VALUE } from './value.js';

/** A word or a part of one; between quotes; in arithmetic, which knows no quotes. */
export type ShellPlace = 'word' | 'double' | 'single' | 'number' | 'unclear';

/** `${…}` is text when nothing in it is quoted. A comment begins where a word would. */
const TOKEN = new RegExp(
  [
    /\\[ \t\n;|&()]#|\\[\s\S]|['"`\0]/,
    /\$\{[^'"`\\$(){}\0]*\}|\$(?:['"{[]|(?=\0))|<</,
    /\$?\(\(|\$?\(|\)\)?/,
    /(?<![^ \t\n;|&()])(?:#[^\n]*|case\b)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/** The place of each VALUE of the script. */
export function shellPlaces(script: string): readonly ShellPlace[] {
  const places: ShellPlace[] = [];
  /** What is open: a quote, `(` of commands, `((` of arithmetic, `n(` in arithmetic. */
  const open: string[] = [];
  let isUnclear = false;
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(script); found; found = TOKEN.exec(script)) {
    const [token] = found;
    const inside = open.at(-1);
    const isArithmetic = inside === '((' || inside === 'n(';
    /** How much of the token has been understood. */
    let length = token.length;
    if (token === VALUE) places.push(isUnclear ? 'unclear' : (PLACES[inside ?? '('] as ShellPlace));
    else if (inside === "'") {
      if (token === inside) open.pop();
      else length = 1;
    } else if (token === '"' && token === inside) open.pop();
    // A `#` behind an escaped blank is text, and one behind that and a newline may be either.
    else if (['`', '$', '${'].includes(token) || (token.length > 2 && token.startsWith('\\')))
      isUnclear = true;
    else if (token.startsWith('\\') || token.startsWith('${')) continue;
    else if (token.startsWith('$(')) open.push(token.slice(1));
    else if (token === '"' && !isArithmetic) open.push(token);
    else if (inside === '"') length = 1;
    else if (token.startsWith('(')) {
      open.push(isArithmetic ? 'n(' : token);
      if (isArithmetic) length = 1;
    } else if (token.startsWith(')')) {
      if (inside === '((' && token === '))') open.pop();
      else length = 1;
      if (inside === '(' || inside === 'n(') open.pop();
    } else if (token === "'" && !isArithmetic) open.push(token);
    else if (token.startsWith('#')) {
      isUnclear ||= token.includes(VALUE);
      if (isUnclear) length = 1;
    }
    // Its patterns end with a parenthesis that none has opened.
    else if (token === 'case') isUnclear ||= open.length > 0;
    else isUnclear = true;
    TOKEN.lastIndex = found.index + length;
  }
  return places;
}

const PLACES: Readonly<Record<string, ShellPlace>> = {
  '"': 'double',
  "'": 'single',
  '(': 'word',
  '((': 'number',
  'n(': 'number',
};

/** Undefined where it cannot be put in. */
export function quotedFor(place: ShellPlace, text: string): string | undefined {
  if (place === 'unclear') return undefined;
  if (place === 'number') return /^-?\d+$/.test(text) ? text : undefined;
  if (place === 'double') return text.replaceAll(/[$`"\\]/g, '\\$&');
  const inner = text.replaceAll("'", `'\\''`);
  return place === 'single' ? inner : `'${inner}'`;
}
