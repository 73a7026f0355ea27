/** A DURATION of timeout(1): a number as strtod(3) reads it, and optionally `s`, `m`, `h` or `d`. */

const BLANK = '[ \\t\\n\\v\\f\\r]*';
const HEXADECIMAL = '0x(?<hex>[0-9a-f]+\\.?[0-9a-f]*|\\.[0-9a-f]+)(?:p(?<power>[+-]?\\d+))?';
const DECIMAL = '(?<decimal>(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?)';
const NUMBER = new RegExp(
  `^${BLANK}(?<sign>[+-]?)(?:${HEXADECIMAL}|${DECIMAL}|(?<infinite>inf(?:inity)?))`,
  'i',
);

const SECONDS = new Map([
  ['', 1],
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
]);

/**
 * Seconds, Infinity for too large a number, undefined for an invalid or negative duration. A tiny positive
 * duration never becomes 0, since 0 means "no limit".
 */
export function parseSeconds(text: string): number | undefined {
  const match = NUMBER.exec(text);
  if (!match?.groups) return undefined;
  const { sign, hex, power, decimal } = match.groups;
  const unit = SECONDS.get(text.slice(match[0].length));
  if (unit === undefined) return undefined;
  const value =
    hex !== undefined
      ? hexadecimal(hex, Number(power ?? 0))
      : decimal !== undefined
        ? number(decimal)
        : Infinity;
  if (sign === '-' && value !== 0) return undefined;
  return value * unit;
}

function number(text: string): number {
  const value = Number(text);
  const mantissa = text.split(/e/i)[0] as string;
  return value === 0 && /[1-9]/.test(mantissa) ? Number.MIN_VALUE : value;
}

/** This many hexadecimal digits fit a double exactly; the rest is too small to matter for a time. */
const SIGNIFICANT = 13;

function hexadecimal(text: string, power: number): number {
  const [whole = '', fraction = ''] = text.split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return 0;
  const read = digits.slice(0, SIGNIFICANT);
  const exponent = power + 4 * (digits.length - read.length - fraction.length);
  // In two steps: 2 ** exponent alone may leave the range of a double although the product does not.
  const half = Math.trunc(exponent / 2);
  return Math.max(Number.parseInt(read, 16) * 2 ** half * 2 ** (exponent - half), Number.MIN_VALUE);
}
