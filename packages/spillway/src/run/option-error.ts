/** An option that cannot be taken: which, what was given, what is allowed. */
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

const KNOWN = new Set([
  'cwd',
  'env',
  'inheritEnv',
  'stdin',
  'stdout',
  'stderr',
  'memory',
  'spillDirectory',
  'outputLimit',
  'timeout',
  'idleTimeout',
  'terminate',
  'signal',
  'check',
  'leftovers',
  'guard',
  'limits',
  'nice',
  'pipeCapacity',
  'pty',
  'encoding',
  'uid',
  'gid',
]);

/** What users of other libraries reach for. */
const ALIASES: Readonly<Record<string, string>> = {
  killSignal: 'terminate: { signal }',
  forceKillAfterDelay: 'terminate: { grace }',
  maxBuffer: 'outputLimit',
  input: 'stdin',
  inputFile: 'stdin: { file }',
  reject: 'check',
  cancelSignal: 'signal',
  cleanup: 'guard',
  detached: "guard: false, with leftovers: 'leave'",
  extendEnv: 'inheritEnv',
  stdio: 'stdin, stdout and stderr',
  shell: "run('sh', ['-c', text])",
};

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

export function requireKnown(options: unknown): void {
  if (!isPlain(options)) throw new OptionError('options', options, 'an object');
  for (const name of Object.keys(options)) {
    if (KNOWN.has(name)) continue;
    const hint = ALIASES[name];
    throw new OptionError(
      'options',
      name,
      hint ? `here this is ${hint}` : [...KNOWN].join(', '),
      'has the unknown option',
    );
  }
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

/** The number of a user or group; 2^32 - 1 means "unchanged" to the kernel (setresuid(2)). */
export function requireId(option: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32 - 1) return value;
  throw new OptionError(option, value, 'a whole number from 0 to 4294967294; names are looked up with `id`');
}

export function requireOneOf<T extends string>(option: string, value: unknown, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  throw new OptionError(option, value, allowed.map((one) => `'${one}'`).join(', '));
}

/** C strings end at a NUL, so one inside would cut the text without a word. */
export function withoutNul(option: string, value: string): string {
  if (value.includes('\0'))
    throw new OptionError(option, value, 'text without NUL characters, which no program can be given');
  return value;
}
