/** An option that cannot be taken: which, what was given, what is allowed. On the lowest floor, since every public one has options. */
import { inspect } from 'node:util';

/** A mistake in the call itself; nothing was started. `option` names it, as in `'terminate.grace'`. */
export class OptionError extends TypeError {
  override readonly name = 'OptionError';
  readonly code = 'ERR_INVALID_ARG_VALUE';
  readonly option: string;
  readonly #problem: readonly [given: unknown, allowed: string, verb: string];

  constructor(option: string, given: unknown, allowed: string, verb = 'is') {
    super(`${option} ${verb} ${shown(given)}; allowed: ${allowed}`);
    this.option = option;
    this.#problem = [given, allowed, verb];
  }

  /** Runs `check`; the option of which it complains is one of `place`, as in `'commands[1].cwd'`. */
  static within<T>(place: string, check: () => T): T {
    try {
      return check();
    } catch (error) {
      if (error instanceof OptionError) throw new OptionError(`${place}.${error.option}`, ...error.#problem);
      throw error;
    }
  }
}

export function shown(value: unknown): string {
  const text = inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 60 });
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** An object with these names and no others; a misspelt one would do nothing without a word. */
export function requireNames(option: string, value: unknown, names: readonly string[]): void {
  if (!isPlain(value)) throw new OptionError(option, value, `{ ${names.join(', ')} }`);
  for (const name of Object.keys(value)) {
    if (!names.includes(name)) throw new OptionError(option, name, names.join(', '), 'has the unknown name');
  }
}

export function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
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

export function requireOneOf<T extends string>(option: string, value: unknown, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  throw new OptionError(option, value, allowed.map((one) => `'${one}'`).join(', '));
}
