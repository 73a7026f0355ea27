/** Checks the shape of foreign data and reports the place of an error. */

/** Gives the problem of a value with its place; undefined for a valid one. */
export type Check = (value: unknown, place: string) => string | undefined;

function kind(name: string): Check {
  return (value, place) => (typeof value === name ? undefined : `${place} is not a ${name}`);
}

export const string = kind('string');
export const boolean = kind('boolean');

export const number: Check = (value, place) =>
  typeof value === 'number' && Number.isFinite(value) ? undefined : `${place} is not a number`;

export const integer: Check = (value, place) =>
  Number.isSafeInteger(value) ? undefined : `${place} is not a whole number`;

/** Valid for BigInt. */
export const hexadecimal: Check = (value, place) =>
  typeof value === 'string' && /^0x[0-9a-f]{1,16}$/.test(value)
    ? undefined
    : `${place} is not a hexadecimal number`;

export function optional(check: Check): Check {
  return (value, place) => (value === undefined ? undefined : check(value, place));
}

export function oneOf(...words: readonly string[]): Check {
  return (value, place) =>
    words.includes(value as string) ? undefined : `${place} is none of ${words.join(', ')}`;
}

export function arrayOf(check: Check): Check {
  return (value, place) => {
    if (!Array.isArray(value)) return `${place} is not a list`;
    for (const [index, one] of value.entries()) {
      const problem = check(one, `${place}[${index}]`);
      if (problem) return problem;
    }
    return undefined;
  };
}

/** Allows further fields: a later version may have more. */
export function object(fields: Readonly<Record<string, Check>>): Check {
  const checks = Object.entries(fields);
  return (value, place) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return `${place} is not an object`;
    for (const [name, check] of checks) {
      const problem = check((value as Record<string, unknown>)[name], `${place}.${name}`);
      if (problem) return problem;
    }
    return undefined;
  };
}
