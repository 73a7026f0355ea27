/** What an attempt is told, and its checks. */
import { type Duration, type Lease, type Limits, OptionError, parseDuration } from 'spillway';
import type { Fence } from './fence.js';

export interface AttemptOptions {
  /** Names the job: 1 to 200 visible ASCII characters. Its processes have SPILLWAY_ATTEMPT=`ID.NUMBER`. */
  readonly id: string;
  /** Of the attempt, from 1. Default: 1. */
  readonly number?: number | undefined;
  /**
   * Commits the fence to the caller's storage. The program does not run before its promise has resolved, and
   * not at all when it rejects, gives false, or this process dies. Default: nothing is committed.
   */
  readonly fence?: ((fence: Fence) => unknown) | undefined;
  /**
   * The fence of the last attempt, if it is not known to have ended. Its processes are ended first; where
   * they cannot be seen, its lease is waited for.
   */
  readonly previous?: Fence | undefined;
  /** Milliseconds since that lease ran out, where the storage knows it. Default: it may hold until now. */
  readonly msSinceLeaseOver?: number | undefined;
  /** When it runs out, the guard ends the attempt. Default: none. */
  readonly lease?: Lease | undefined;
  /**
   * A file that output is appended to, or a function that gets each piece; the command waits while a promise
   * of it is pending. Of the file's, the first 1 MiB and the last 15 MiB are kept. Default: nothing is kept.
   */
  readonly output?: string | OutputFunction | undefined;
  /** Default: this program's. */
  readonly cwd?: string | undefined;
  /** Changes to the environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** False: it gets the variables of `env` alone. Default: true. */
  readonly inheritEnv?: boolean | undefined;
  /** What it reads on stdin. Default: nothing. */
  readonly input?: string | Uint8Array | undefined;
  /** From its start, the commit of its fence included. Default: none. */
  readonly timeout?: Duration | undefined;
  /** How long it may write nothing. Default: none. */
  readonly idleTimeout?: Duration | undefined;
  readonly limits?: Limits | undefined;
  readonly nice?: number | undefined;
  /** How it is ended. Default: SIGTERM, and SIGKILL after 5 s. */
  readonly terminate?:
    | { readonly signal?: NodeJS.Signals | undefined; readonly grace?: Duration | undefined }
    | undefined;
  /** Ends it when aborted. */
  readonly signal?: AbortSignal | undefined;
}

export type OutputFunction = (bytes: Buffer, stream: 'stdout' | 'stderr') => unknown;

/** The same, checked, with defaults; times in milliseconds. */
export interface Checked
  extends Pick<
    AttemptOptions,
    | 'fence'
    | 'previous'
    | 'msSinceLeaseOver'
    | 'lease'
    | 'output'
    | 'cwd'
    | 'env'
    | 'inheritEnv'
    | 'input'
    | 'limits'
    | 'nice'
    | 'signal'
  > {
  readonly argv: readonly string[];
  readonly id: string;
  readonly number: number;
  readonly timeoutMs: number;
  readonly idleMs: number;
  readonly graceMs: number;
  readonly terminate: { readonly signal: NodeJS.Signals; readonly grace: number };
}

const NAMES: ReadonlySet<string> = new Set<keyof AttemptOptions>([
  'id',
  'number',
  'fence',
  'previous',
  'msSinceLeaseOver',
  'lease',
  'output',
  'cwd',
  'env',
  'inheritEnv',
  'input',
  'timeout',
  'idleTimeout',
  'limits',
  'nice',
  'terminate',
  'signal',
]);
/** Visible ASCII characters but for `;`, which separates marks. */
const ID = /^[!-:<-~]{1,200}$/;
const DEFAULT_GRACE_MS = 5000;

/** Throws OptionError. What the command itself is given, its start checks. */
export function requireAttempt(argv: readonly string[], options: AttemptOptions): Checked {
  if (!Array.isArray(argv) || argv.length === 0 || !argv.every((word) => typeof word === 'string'))
    throw new OptionError('argv', argv, "a program and its arguments, as in ['make', 'check']");
  if (argv[0] === '' || argv.some((word) => word.includes('\0')))
    throw new OptionError('argv', argv, 'words without NUL bytes, and a program that has a name');
  if (typeof options !== 'object' || options === null) throw new OptionError('options', options, 'an object');
  for (const name of Object.keys(options))
    if (!NAMES.has(name))
      throw new OptionError('options', name, [...NAMES].join(', '), 'has the unknown option');
  const { id, number = 1, terminate = {}, output } = options;
  if (typeof id !== 'string' || !ID.test(id))
    throw new OptionError('id', id, '1 to 200 visible ASCII characters, without ;');
  if (!Number.isSafeInteger(number) || number < 1)
    throw new OptionError('number', number, 'a whole number from 1');
  if (output !== undefined && typeof output !== 'function' && (typeof output !== 'string' || output === ''))
    throw new OptionError('output', output, 'the path of a file, or a function');
  const { fence } = options;
  if (fence !== undefined && typeof fence !== 'function') throw new OptionError('fence', fence, 'a function');
  const { grace = DEFAULT_GRACE_MS, signal = 'SIGTERM' } = terminate;
  const graceMs = milliseconds('terminate.grace', grace);
  if (options.lease && graceMs === Number.POSITIVE_INFINITY)
    throw OptionError.conflict('terminate.grace', 'lease', 'what has lost its lease must end some time');
  return {
    ...options,
    argv: [...argv],
    id,
    number,
    timeoutMs: milliseconds('timeout', options.timeout ?? Number.POSITIVE_INFINITY),
    idleMs: milliseconds('idleTimeout', options.idleTimeout ?? Number.POSITIVE_INFINITY),
    graceMs,
    terminate: { signal, grace: graceMs },
  };
}

function milliseconds(option: string, value: Duration): number {
  const ms = parseDuration(value);
  if (ms !== undefined) return ms;
  throw new OptionError(option, value, "milliseconds from 0, Infinity, or text such as '1h30m' or '30s'");
}
