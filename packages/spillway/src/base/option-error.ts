/**
 * Errors for options that cannot be accepted. On the lowest floor, because every floor with a public door has
 * options.
 */
import { inspect, types } from 'node:util';
import { ownProperties } from './own-properties.js';
import { safeLines } from './text/index.js';

/** All of a message but the option's name. */
class Statement {
  constructor(readonly text: string) {}
}

/**
 * A mistake in the call itself; nothing was started. `option` names the option, such as `'terminate.grace'`.
 */
export class OptionError extends TypeError {
  override readonly name = 'OptionError';
  readonly code = 'ERR_INVALID_ARG_VALUE';
  readonly option: string;

  /**
   * A value that is not among the allowed ones. `verb`: for a message that does not begin "option is value".
   */
  constructor(option: string, given: unknown, allowed: string, verb = 'is') {
    const isStatement = given instanceof Statement;
    super(
      safeLines(`${option} ${isStatement ? given.text : `${verb} ${shown(given)}; allowed: ${allowed}`}`),
    );
    this.option = option;
  }

  /** A value that is refused for a reason, as in "stdin cannot be 'inherit': runSync blocks this program". */
  static refused(option: string, given: unknown, reason: string): OptionError {
    return new OptionError(option, new Statement(`cannot be ${shown(given)}: ${reason}`), '');
  }

  /**
   * Two options that exclude each other, as in "pipeCapacity cannot be combined with pty: a terminal is not a
   * pipe".
   */
  static conflict(option: string, other: string, reason: string): OptionError {
    return new OptionError(option, new Statement(`cannot be combined with ${other}: ${reason}`), '');
  }
}

export function shown(value: unknown): string {
  const text = inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 60 });
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/**
 * The object's own properties. Refuses other names than these: a misspelt option would be ignored silently.
 */
export function requireNames<T>(option: string, value: T, names: readonly string[]): T & object {
  if (!isPlain(value)) throw new OptionError(option, value, `{ ${names.join(', ')} }`);
  for (const name of Object.keys(value)) {
    if (!names.includes(name)) throw new OptionError(option, name, names.join(', '), 'has the unknown name');
  }
  return ownProperties(value);
}

export function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !types.isMap(value);
}

export function requireBytes(
  option: string,
  value: unknown,
  least: number,
  most = Number.POSITIVE_INFINITY,
): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= least && value <= most) {
    if (Number.isInteger(value) || value === Number.POSITIVE_INFINITY) return value;
  }
  const upTo = most === Number.POSITIVE_INFINITY ? '' : ` to ${most}`;
  throw new OptionError(option, value, `a whole number of bytes from ${least}${upTo}`);
}

/** How many, from 1; Infinity for no limit. Throws OptionError. */
export function requireCount(option: string, value: unknown): number {
  if (
    typeof value === 'number' &&
    value >= 1 &&
    (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)
  )
    return value;
  throw new OptionError(option, value, 'a whole number from 1, or Infinity');
}

export function requireOneOf<T extends string>(option: string, value: unknown, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  throw new OptionError(option, value, allowed.map((one) => `'${one}'`).join(', '));
}
