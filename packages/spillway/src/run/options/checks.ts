/** Checks of single values. Each throws OptionError, which calls the option `at`. */
import { fileURLToPath } from 'node:url';
import {
  inContext,
  isAbortSignal,
  isFileUrl,
  isPlain,
  OptionError,
  ownProperties,
  requireDuration,
  requireNames,
} from '../../base/index.js';
import { Lease, type Termination } from '../../process/index.js';
import { signals } from '../../system/index.js';
import type { TerminateOptions } from './options.js';

export function requirePath(value: unknown, at: string): string {
  if (isFileUrl(value)) return fileURLToPath(value.href);
  if (typeof value !== 'string' || value === '') throw new OptionError(at, value, 'a path, or a file: URL');
  return withoutNul(value, at);
}

export function requireBoolean(value: unknown, at: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new OptionError(at, value, 'true or false');
}

/** The number of a signal. */
export function requireSignal(value: unknown, at: string): number {
  if (typeof value === 'string' && Object.hasOwn(signals, value)) return signals[value as NodeJS.Signals];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 64) return value;
  throw new OptionError(at, value, "a signal's name, such as 'SIGTERM', or its number");
}

/** The most time that leftovers of an exit have by default: the result waits for them. */
const LEFTOVERS_GRACE_MS = 500;

export const DEFAULT_TERMINATION: Termination = {
  signal: signals.SIGTERM,
  grace: 5000,
  leftoversGrace: LEFTOVERS_GRACE_MS,
  ask: undefined,
};

export function requireTermination(value: unknown, at: string): Termination {
  const own: TerminateOptions = requireNames(at, value, ['signal', 'grace', 'leftoversGrace', 'ask']);
  const { signal = 'SIGTERM', ask } = own;
  const grace = requireDuration(`${at}.grace`, own.grace) ?? DEFAULT_TERMINATION.grace;
  return {
    signal: requireSignal(signal, `${at}.signal`),
    grace,
    leftoversGrace:
      requireDuration(`${at}.leftoversGrace`, own.leftoversGrace) ?? Math.min(grace, LEFTOVERS_GRACE_MS),
    ask: ask === undefined ? undefined : requireFunction(ask, `${at}.ask`),
  };
}

/** It is called in the context of the call that gave it. */
function requireFunction<F extends (...args: never[]) => unknown>(value: F, at: string): F {
  if (typeof value !== 'function') throw new OptionError(at, value, 'a function');
  return inContext(value);
}

export function requireProgram(file: unknown, at = 'file'): string {
  if (typeof file !== 'string' || file === '') throw new OptionError(at, file, "a program's name or path");
  return withoutNul(file, at);
}

export function requireArguments(args: unknown, at = 'args'): readonly string[] {
  if (!Array.isArray(args)) throw new OptionError(at, args, 'an array of strings, one for each argument');
  return args.map((arg, index) => requireWord(arg, `${at}[${index}]`));
}

/** Text as the kernel takes it. */
export function requireWord(value: unknown, at: string): string {
  return withoutNul(requireText(value, at), at);
}

export function requireText(arg: unknown, at: string): string {
  if (typeof arg === 'string') return arg;
  throw new OptionError(at, arg, 'a string; a number becomes one with String(n)');
}

export type Variables = Readonly<Record<string, string | undefined>>;

export function requireVariables(env: unknown, at: string): Variables {
  if (!isPlain(env)) throw new OptionError(at, env, 'an object of variables');
  const own = ownProperties(env);
  for (const [name, value] of Object.entries(own)) {
    if (name === '' || name.includes('=') || name.includes('\0')) {
      const allowed = 'names that are not empty and hold no "=" and no NUL character';
      throw new OptionError(at, name, allowed, 'has the name');
    }
    if (value === undefined) continue;
    if (typeof value !== 'string')
      throw new OptionError(`${at}.${name}`, value, 'a string, or undefined to remove the variable');
    withoutNul(value, `${at}.${name}`);
  }
  return own as Variables;
}

export function requireAbortSignal(value: unknown, at: string): AbortSignal {
  if (typeof value === 'string') {
    const allowed = 'an AbortSignal; the signal that ends a child is terminate: { signal }';
    throw new OptionError(at, value, allowed);
  }
  if (!isAbortSignal(value)) throw new OptionError(at, value, 'an AbortSignal');
  return value;
}

export function requireLease(value: unknown, at: string): Lease {
  if (value instanceof Lease) return value;
  throw new OptionError(at, value, "a Lease, as new Lease('30s')");
}

/** The number of a user or group; 2^32 - 1 means "unchanged" to the kernel (setresuid(2)). */
export function requireId(value: unknown, at: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32 - 1) return value;
  throw new OptionError(at, value, 'a whole number from 0 to 4294967294; names are looked up with `id`');
}

/** C strings end at a NUL, so one inside would cut the text in silence. */
function withoutNul(value: string, at: string): string {
  if (value.includes('\0'))
    throw new OptionError(at, value, 'text without NUL characters, which no program can be given');
  return value;
}
