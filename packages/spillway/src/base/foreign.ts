/** Values of other code: its functions, what they return, and what they throw. */
import { AsyncResource } from 'node:async_hooks';
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

/**
 * The same function, called in the context of now (AsyncLocalStorage). AsyncResource.bind() also gives it
 * properties, which takes ten times as long.
 */
export function inContext<F extends (...args: never[]) => unknown>(call: F): F {
  const resource = new AsyncResource('SpillwayCall');
  return function (this: unknown, ...args: unknown[]) {
    return resource.runInAsyncScope(call as unknown as (...args: unknown[]) => unknown, this, ...args);
  } as unknown as F;
}
