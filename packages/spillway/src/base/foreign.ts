/** Values of other code: what its functions return, and what it throws. */
import { inspect } from 'node:util';

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}

/** By its shape: that of another realm (node:vm, jsdom) has another class. */
export function isFileUrl(value: unknown): value is URL {
  if (typeof value !== 'object' || value === null) return false;
  const { href, protocol } = value as Partial<URL>;
  return typeof href === 'string' && protocol === 'file:';
}

/** By its shape: one of another realm, and a DOMException of jsdom, are no instances of our Error. */
export function isError(value: unknown): value is Error {
  if (typeof value !== 'object' || value === null) return false;
  const { name, message } = value as Partial<Error>;
  return typeof name === 'string' && typeof message === 'string';
}

/** The message of what was thrown, which need not be an Error. Never throws itself. */
export function errorText(error: unknown): string {
  try {
    if (isError(error)) return error.message;
    return typeof error === 'object' ? inspect(error, { depth: 1 }) : String(error);
  } catch {
    return 'what was thrown cannot be read';
  }
}
