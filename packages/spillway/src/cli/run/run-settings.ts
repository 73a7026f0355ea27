/** Checks the options of `spillway run`. */
import { formatDuration, parseDuration } from '../../base/index.js';
import { LAST_DESCRIPTOR, type SignalName, type StartOptions } from '../../run/index.js';
import { signals } from '../../system/index.js';
import type { Inherited } from '../inherited.js';
import { passTo } from '../pass-through.js';
import { UsageError } from '../usage-error.js';
import { LogFile } from './log-file.js';

/** Options as given on the command line. */
export interface RawOptions {
  readonly timeout?: string;
  readonly idleTimeout?: string;
  readonly diagnose?: boolean;
  readonly signal?: string;
  readonly grace?: string;
  readonly leftoversGrace?: string;
  readonly log?: string;
  readonly logTimestamps?: true;
  readonly quiet?: true;
  readonly json?: true;
  readonly jsonFile?: string;
  readonly retry?: string;
  readonly retryDelay?: string;
  readonly leftovers?: string;
  readonly cwd?: string;
  readonly env?: readonly string[];
}

export interface RetrySettings {
  /** Including the first. */
  readonly attempts: number;
  readonly baseDelayMs: number;
}

const DEFAULT_RETRY_DELAY_MS = 1000;
/** Well below the limit of a timer, jitter included. */
const LONGEST_RETRY_DELAY_MS = 24 * 3_600_000;

export function retrySettings(raw: RawOptions): RetrySettings {
  const baseDelayMs = duration('--retry-delay', raw.retryDelay) ?? DEFAULT_RETRY_DELAY_MS;
  if (baseDelayMs > LONGEST_RETRY_DELAY_MS) {
    throw new UsageError(
      `--retry-delay is ${raw.retryDelay}; at most ${formatDuration(LONGEST_RETRY_DELAY_MS)}`,
    );
  }
  return { attempts: 1 + (count('--retry', raw.retry) ?? 0), baseDelayMs };
}

export function logFile(raw: RawOptions): LogFile | undefined {
  if (raw.log !== undefined) return new LogFile(raw.log, raw.logTimestamps ?? false);
  if (raw.logTimestamps) throw new UsageError('--log-timestamps needs --log FILE');
  return undefined;
}

/** The options for the library's `start`. */
export function startOptions(raw: RawOptions, log: LogFile | undefined, inherited: Inherited): StartOptions {
  const idleTimeout = duration('--idle-timeout', raw.idleTimeout);
  // Spillway can see silence only in output that passes through it.
  const piped = log !== undefined || idleTimeout !== undefined;
  const output = (name: 'out' | 'err'): StartOptions['stdout'] => {
    if (!piped) return raw.quiet ? 'ignore' : 'inherit';
    return [raw.quiet ? () => {} : passTo(name === 'out' ? 1 : 2), ...(log ? [log.target(name)] : [])];
  };
  return {
    stdout: output('out'),
    stderr: output('err'),
    timeout: duration('--timeout', raw.timeout),
    idleTimeout,
    diagnose: raw.diagnose,
    terminate: {
      signal: signal('--signal', raw.signal),
      grace: duration('--grace', raw.grace),
      leftoversGrace: duration('--leftovers-grace', raw.leftoversGrace),
    },
    leftovers: leftovers('--leftovers', raw.leftovers),
    cwd: raw.cwd,
    env: raw.env && variables(raw.env),
    descriptors: furtherDescriptors(inherited),
  };
}

/** Those that this command was given, such as those of `<(…)` and of make's jobserver. */
function furtherDescriptors({ descriptors }: Inherited): StartOptions['descriptors'] {
  const further = descriptors.filter((fd) => fd > 2 && fd <= LAST_DESCRIPTOR);
  return Object.fromEntries(further.map((fd) => [fd, 'inherit'] as const));
}

function duration(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  const hint = /^\s*\d+(?:\.\d+)?\s*$/.test(text)
    ? `a number with a unit, such as ${text.trim()}s`
    : '250ms, 30s, 1h30m';
  throw new UsageError(`${option} is ${JSON.stringify(text)}; allowed: ${hint}`);
}

/** A name in any case, with or without SIG, or a number. */
function signal(option: string, text: string | undefined): SignalName | undefined {
  if (text === undefined) return undefined;
  const number = /^\d+$/.test(text) ? Number(text) : undefined;
  if (number !== undefined && number >= 1 && number <= 64) return number;
  const name = text.toUpperCase().replace(/^(?:SIG)?/, 'SIG');
  if (Object.hasOwn(signals, name)) return name as NodeJS.Signals;
  throw new UsageError(`${option} is ${JSON.stringify(text)}; allowed: a signal such as TERM, SIGINT or 15`);
}

const LEFTOVERS = ['kill', 'kill-all', 'wait', 'leave'] as const;

function leftovers(option: string, text: string | undefined): (typeof LEFTOVERS)[number] | undefined {
  const chosen = LEFTOVERS.find((one) => one === text);
  if (text === undefined || chosen !== undefined) return chosen;
  throw new UsageError(`${option} is ${JSON.stringify(text)}; allowed: ${LEFTOVERS.join(', ')}`);
}

function count(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`${option} is ${JSON.stringify(text)}; allowed: a whole number of retries`);
}

function variables(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const equals = line.indexOf('=');
      if (equals < 1) throw new UsageError(`--env is ${JSON.stringify(line)}; allowed: NAME=VALUE`);
      return [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
}
