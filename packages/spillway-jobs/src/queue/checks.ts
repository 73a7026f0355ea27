/** Checks of options, each with an error that names the option, the value and what is allowed. */
import { type Duration, OptionError, parseDuration } from 'spillway';

/** The longest time that is not for ever. */
const MOST_MS = 100 * 365 * 86_400_000;
const MOST_NAME = 200;

export function requireNames(option: string, value: object, names: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new OptionError(option, value, `{ ${names.join(', ')} }`);
  for (const name of Object.keys(value))
    if (!names.includes(name)) throw new OptionError(option, name, names.join(', '), 'has the unknown name');
}

/** One that a program or the system gets: without NUL, which would end it. */
export function requireText(option: string, value: unknown, what = 'text without NUL'): string {
  if (typeof value === 'string' && !value.includes('\0')) return value;
  throw new OptionError(option, value, what);
}

/** A name that people use, kept in an index. */
export function requireName(option: string, value: unknown): string {
  const isName =
    typeof value === 'string' &&
    value !== '' &&
    value.length <= MOST_NAME &&
    isKept(value) &&
    !/\0/.test(value);
  if (isName) return value;
  throw new OptionError(option, value, `1 to ${MOST_NAME} characters, without NUL`);
}

/** Without lone surrogates, which the database does not keep as text. */
function isKept(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

export function requireGroup(option: string, value: unknown): string {
  if (typeof value === 'string' && /^[A-Za-z0-9_-]{1,100}$/.test(value)) return value;
  throw new OptionError(option, value, '1 to 100 letters, digits, - and _');
}

export function requireWhole(option: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new OptionError(option, value, `a whole number from ${least} to ${most}`);
}

export function requireWholeOrNone(option: string, value: unknown, least: number): number {
  if (value === Number.POSITIVE_INFINITY) return value;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new OptionError(option, value, `a whole number from ${least}, or Infinity`);
}

/** Milliseconds. `isForEver`: Infinity is allowed. */
export function requireDuration(option: string, value: unknown, isForEver = true): number {
  const ms = parseDuration(value as Duration);
  if (ms !== undefined && (ms <= MOST_MS || (isForEver && ms === Number.POSITIVE_INFINITY))) return ms;
  const forEver = isForEver ? ', Infinity' : '';
  throw new OptionError(option, value, `milliseconds from 0${forEver}, or text such as '1h30m' or '30s'`);
}

export function requireDate(option: string, value: unknown): Date {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value;
  throw new OptionError(option, value, 'a Date');
}

export function requireList<T>(
  option: string,
  value: unknown,
  check: (option: string, one: unknown) => T,
  what: string,
): T[] {
  if (!Array.isArray(value)) throw new OptionError(option, value, `a list of ${what}`);
  return value.map((one, index) => check(`${option}[${index}]`, one));
}

export function requireJobNumber(option: string, value: unknown): number {
  return requireWhole(option, value, 1, Number.MAX_SAFE_INTEGER);
}
