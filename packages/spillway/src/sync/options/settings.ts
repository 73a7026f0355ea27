/** The options, checked and with their defaults. */
import {
  bytesOf,
  isPlain,
  OptionError,
  requireAbortSignal,
  requireCount,
  requireDuration,
  requireNames,
} from '../../base/index.js';
import { type Address, parseAddress } from './address.js';
import { type Extras, readExtras } from './extras.js';
import { OPTION_NAMES, type SyncOptions } from './options.js';

export interface Settings {
  readonly sources: readonly Address[];
  readonly destination: Address;
  readonly delete: boolean;
  /** As words for rsync. */
  readonly rules: readonly string[];
  /** KiB a second. */
  readonly bwlimit: number | undefined;
  readonly checksum: boolean;
  readonly dryRun: boolean;
  readonly move: boolean;
  readonly verify: boolean;
  readonly jobs: number;
  readonly delayUpdates: boolean | undefined;
  readonly timeoutMs: number;
  readonly stallMs: number;
  readonly retries: number;
  readonly retryDelayMs: number;
  readonly retryMaxDelayMs: number;
  readonly maxDurationMs: number;
  readonly strict: boolean;
  readonly names: boolean;
  readonly lock: boolean;
  readonly waitLockMs: number;
  readonly farGuard: boolean;
  readonly graceMs: number;
  readonly extras: Extras;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal | undefined;
}

const MINUTE_MS = 60_000;
const MOST_JOBS = 64;
const MOST_RETRIES = 1_000_000;

/** Throws OptionError. */
export function readSettings(sources: unknown, destination: unknown, given: SyncOptions): Settings {
  const options = requireNames('options', given, OPTION_NAMES);
  const list = Array.isArray(sources) ? sources : [sources];
  if (list.length === 0) throw new OptionError('source', sources, 'at least one source');
  const addresses = list.map((one) => parseAddress('source', one));
  const to = parseAddress('destination', destination);
  const flag = (name: keyof SyncOptions) => requireFlag(name, options[name]) ?? false;
  const duration = (name: keyof SyncOptions, usual: number) => requireDuration(name, options[name]) ?? usual;
  const settings: Settings = {
    sources: addresses,
    destination: to,
    delete: flag('delete'),
    rules: [
      ...patterns('filter', options.filter),
      ...patterns('include', options.include),
      ...patterns('exclude', options.exclude),
    ],
    bwlimit: readRate(options.bwlimit),
    checksum: flag('checksum'),
    dryRun: flag('dryRun'),
    move: flag('move'),
    verify: flag('verify'),
    jobs: readJobs(options.jobs),
    delayUpdates: requireFlag('delayUpdates', options.delayUpdates),
    timeoutMs: duration('timeout', Number.POSITIVE_INFINITY),
    stallMs: readStall(options.stall),
    retries: readRetries(options.retries),
    retryDelayMs: duration('retryDelay', 1000),
    retryMaxDelayMs: duration('retryMaxDelay', MINUTE_MS),
    maxDurationMs: duration('maxDuration', Number.POSITIVE_INFINITY),
    strict: flag('strict'),
    names: requireFlag('names', options.names) ?? true,
    lock: requireFlag('lock', options.lock) ?? true,
    waitLockMs: duration('waitLock', 0),
    farGuard: requireFlag('farGuard', options.farGuard) ?? true,
    graceMs: duration('grace', 5000),
    extras: readExtras(requireList('rsync', options.rsync)),
    env: readVariables(options.env),
    signal: requireAbortSignal('signal', options.signal),
  };
  requireTogether(settings);
  return settings;
}

function requireFlag(option: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new OptionError(option, value, 'true or false');
}

function requireList(option: string, value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw new OptionError(option, value, 'a list of words');
}

function patterns(option: 'filter' | 'include' | 'exclude', value: unknown): string[] {
  const list = value === undefined ? [] : Array.isArray(value) ? value : [value];
  return list.map((one) => {
    if (typeof one !== 'string' || one === '' || one.includes('\0'))
      throw new OptionError(option, one, 'a pattern of rsync, or a list of them');
    return `--${option}=${one}`;
  });
}

const RATE = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?(?:\/s)?$/i;
const KIB_OF: Readonly<Record<string, number>> = { '': 1, k: 1, m: 1024, g: 1024 * 1024 };

/** rsync tells its progress once a second. */
const LEAST_STALL_MS = 2000;

function readStall(value: unknown): number {
  const ms = requireDuration('stall', value) ?? 10 * MINUTE_MS;
  if (ms >= LEAST_STALL_MS) return ms;
  throw new OptionError('stall', value, "at least '2s', since rsync tells its progress once a second");
}

/** In KiB a second, as rsync counts. */
function readRate(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const match = typeof value === 'string' ? RATE.exec(value.trim()) : undefined;
  const kib = match
    ? Number(match[1]) * (KIB_OF[(match[2] as string).toLowerCase()] as number)
    : typeof value === 'number'
      ? value / 1024
      : Number.NaN;
  if (kib > 0 && kib < 2 ** 40) return kib;
  throw new OptionError('bwlimit', value, "bytes a second, or text such as '20m' (MiB a second) or '500k'");
}

function readJobs(value: unknown): number {
  const jobs = value === undefined ? 1 : requireCount('jobs', value);
  if (jobs <= MOST_JOBS) return jobs;
  throw new OptionError('jobs', value, `a whole number from 1 to ${MOST_JOBS}`);
}

function readRetries(value: unknown): number {
  if (value === undefined) return 3;
  if (value === Number.POSITIVE_INFINITY) return MOST_RETRIES;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new OptionError('retries', value, 'a whole number from 0, or Infinity');
}

function readVariables(value: unknown): Readonly<Record<string, string | undefined>> {
  if (value === undefined) return {};
  if (isPlain(value)) return value as Record<string, string | undefined>;
  throw new OptionError('env', value, 'an object of variables');
}

function requireTogether({ sources, destination, ...settings }: Settings): void {
  const remotes = sources.filter(({ kind }) => kind !== 'local');
  if (remotes.length > 0 && destination.kind !== 'local')
    throw OptionError.refused(
      'destination',
      destination.text,
      'source and destination are both remote; run spillway on one of the two machines',
    );
  const [first] = sources as [Address, ...Address[]];
  const place = (one: Address) => (one.kind === 'local' ? 'local' : `${one.kind} ${one.login}`);
  const other = sources.find((one) => place(one) !== place(first));
  if (other)
    throw OptionError.refused('source', other.text, 'all sources of one sync have to be on the same machine');
  if (settings.dryRun && settings.move)
    throw OptionError.conflict('dryRun', 'move', 'a dry run removes nothing; run it without move');
  if (settings.dryRun && settings.verify)
    throw OptionError.conflict('dryRun', 'verify', 'a dry run transfers nothing that could be verified');
  if (settings.extras.inPlace && settings.delayUpdates)
    throw OptionError.conflict('delayUpdates', "rsync's --inplace", 'it writes into the files themselves');
  const longest = [...sources, destination].find(({ text }) => bytesOf(text).length > 65_536);
  if (longest) throw OptionError.refused('source', longest.text, 'it is too long for a command line');
}
