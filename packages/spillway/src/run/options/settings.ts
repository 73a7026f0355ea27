/** Options checked and made complete, so that what follows has no defaults to think of. */
import { fileURLToPath } from 'node:url';
import {
  isPlain,
  OptionError,
  requireBytes,
  requireDuration,
  requireNames,
  requireOneOf,
} from '../../base/index.js';
import {
  type ChildEnvironment,
  type Constraints,
  childEnvironment,
  type Leftovers,
  type Termination,
} from '../../process/index.js';
import type { TextEncoding } from '../../stream/index.js';
import { signals, type WindowSize } from '../../system/index.js';
import { channelsFrom, type NamedEnd } from './channels.js';
import { requireId, requireKnown, withoutNul } from './known-options.js';
import { constraintsFrom } from './limits.js';
import type { Encoding, RunOptions, SignalName, StartOptions } from './options.js';
import { ptyFrom } from './pty.js';

export interface Settings {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  readonly environment: ChildEnvironment;
  readonly memory: number;
  /** Undefined for os.tmpdir(), which is asked for when it comes to that. */
  readonly spillDirectory: string | undefined;
  readonly outputLimit: number;
  /** Milliseconds, or Infinity. */
  readonly timeout: number;
  readonly idleTimeout: number;
  readonly termination: Termination;
  /** Whether a timeout finds out what the command waits for. */
  readonly diagnose: boolean;
  readonly abort: AbortSignal | undefined;
  readonly check: boolean;
  readonly leftovers: Leftovers;
  readonly guard: boolean;
  readonly constraints: Constraints | undefined;
  readonly channels: readonly NamedEnd[];
  readonly pipeCapacity: number | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** The size of the child's terminal; undefined when it has none of its own. */
  readonly pty: WindowSize | undefined;
  readonly encoding: Encoding;
  /** What text is decoded with: a stream of bytes can still be read line by line. */
  readonly textEncoding: TextEncoding;
}

const DEFAULT_MEMORY = 8 * 1024 * 1024;
const DEFAULT_TERMINATION: Termination = { signal: signals.SIGTERM, grace: 5000 };

/** Of the many calls without options, all that does not change from one to the next. */
let unchosen: Settings | undefined;

/** Throws OptionError for whatever is not allowed. Standard streams are looked at elsewhere. */
export function settle(file: unknown, args: unknown, options: RunOptions | StartOptions): Settings {
  requireKnown(options);
  const program = requireProgram(file);
  const words = requireArguments(args);
  const environment = environmentFrom(options);
  if (!hasNone(options)) return complete(program, words, environment, options);
  unchosen ??= complete(program, words, environment, options);
  return { ...unchosen, file: program, args: words, environment };
}

function hasNone(options: object): boolean {
  for (const _ in options) return false;
  return true;
}

function complete(
  file: string,
  args: readonly string[],
  environment: ChildEnvironment,
  options: RunOptions | StartOptions,
): Settings {
  const encoding = requireOneOf('encoding', options.encoding === undefined ? 'utf8' : options.encoding, [
    'utf8',
    'latin1',
    'buffer',
  ]);
  return {
    file,
    args,
    cwd: options.cwd === undefined ? undefined : requirePath('cwd', options.cwd),
    environment,
    memory: requireBytes('memory', options.memory, 0) ?? DEFAULT_MEMORY,
    spillDirectory:
      options.spillDirectory === undefined
        ? undefined
        : requirePath('spillDirectory', options.spillDirectory),
    outputLimit: requireBytes('outputLimit', options.outputLimit, 0) ?? Number.POSITIVE_INFINITY,
    timeout: requireDuration('timeout', options.timeout) ?? Number.POSITIVE_INFINITY,
    idleTimeout: requireDuration('idleTimeout', options.idleTimeout) ?? Number.POSITIVE_INFINITY,
    termination: terminationFrom(options.terminate),
    diagnose: requireBoolean('diagnose', options.diagnose) ?? true,
    abort: requireAbortSignal(options.signal),
    check: requireBoolean('check', options.check) ?? true,
    leftovers: requireOneOf('leftovers', options.leftovers === undefined ? 'kill' : options.leftovers, [
      'kill',
      'kill-all',
      'wait',
      'leave',
    ]),
    guard: requireBoolean('guard', options.guard) ?? true,
    constraints: constraintsFrom(options.limits, options.nice),
    pipeCapacity: requireBytes('pipeCapacity', options.pipeCapacity, 1, 2 ** 31 - 1),
    uid: requireId('uid', options.uid),
    gid: requireId('gid', options.gid),
    pty: ptyFrom(options),
    encoding,
    textEncoding: encoding === 'latin1' ? 'latin1' : 'utf8',
    channels: channelsFrom(options.channels),
  };
}

export function requirePath(option: string, value: unknown): string {
  if (value instanceof URL && value.protocol === 'file:') return fileURLToPath(value);
  if (typeof value !== 'string' || value === '') {
    throw new OptionError(option, value, 'a path, or a file: URL');
  }
  return withoutNul(option, value);
}

/** The number of a signal. */
export function requireSignal(option: string, value: unknown): number {
  if (typeof value === 'string' && Object.hasOwn(signals, value)) return signals[value as NodeJS.Signals];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 64) return value;
  throw new OptionError(option, value, "a signal's name, such as 'SIGTERM', or its number");
}

export function terminationFrom(
  options: { signal?: SignalName | undefined; grace?: unknown } | undefined,
): Termination {
  if (options === undefined) return DEFAULT_TERMINATION;
  requireNames('terminate', options, ['signal', 'grace']);
  return {
    signal: requireSignal('terminate.signal', options.signal === undefined ? 'SIGTERM' : options.signal),
    grace: requireDuration('terminate.grace', options.grace) ?? DEFAULT_TERMINATION.grace,
  };
}

export function requireProgram(file: unknown): string {
  if (typeof file !== 'string' || file === '')
    throw new OptionError('file', file, "a program's name or path");
  return withoutNul('file', file);
}

export function requireArguments(args: unknown): readonly string[] {
  if (!Array.isArray(args)) throw new OptionError('args', args, 'an array of strings, one for each argument');
  return args.map((arg, index) => {
    if (typeof arg !== 'string')
      throw new OptionError(`args[${index}]`, arg, 'a string; a number becomes one with String(n)');
    return withoutNul(`args[${index}]`, arg);
  });
}

function environmentFrom({ env, inheritEnv }: RunOptions | StartOptions): ChildEnvironment {
  if (env !== undefined && !isPlain(env)) {
    throw new OptionError('env', env, 'an object of variables');
  }
  for (const [name, value] of env === undefined ? [] : Object.entries(env)) {
    if (name === '' || name.includes('=') || name.includes('\0')) {
      throw new OptionError(
        'env',
        name,
        'names that are not empty and hold no "=" and no NUL character',
        'has the name',
      );
    }
    if (value !== undefined && typeof value !== 'string') {
      throw new OptionError(`env.${name}`, value, 'a string, or undefined to remove the variable');
    }
    if (value !== undefined) withoutNul(`env.${name}`, value);
  }
  return childEnvironment(env, requireBoolean('inheritEnv', inheritEnv) ?? true);
}

function requireAbortSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') {
    throw new OptionError(
      'signal',
      value,
      'an AbortSignal; the signal that ends a child is terminate: { signal }',
    );
  }
  if (!(value instanceof AbortSignal)) throw new OptionError('signal', value, 'an AbortSignal');
  return value;
}

export function requireBoolean(option: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new OptionError(option, value, 'true or false');
}
