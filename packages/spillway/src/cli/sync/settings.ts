/** The options of `spillway sync`, from the command line's words to the library's. */
import type { SyncOptions } from '../../sync/index.js';
import { UsageError } from '../usage-error.js';

/** Options as given on the command line. */
export interface RawSyncOptions {
  readonly delete?: true;
  /** `--exclude`, `--include` and `--filter`, in their order. */
  readonly rules?: readonly string[];
  readonly bwlimit?: string;
  readonly checksum?: true;
  readonly dryRun?: true;
  readonly move?: true;
  readonly verify?: true;
  readonly jobs?: string;
  readonly delayUpdates?: boolean;
  readonly timeout?: string;
  readonly stall?: string;
  readonly retries?: string;
  readonly retryDelay?: string;
  readonly maxDuration?: string;
  readonly strict?: true;
  readonly lock?: boolean;
  readonly waitLock?: string;
  readonly farGuard?: boolean;
  readonly grace?: string;
  readonly quiet?: true;
  readonly names?: true;
  readonly json?: true;
  readonly report?: string;
  readonly log?: string;
  readonly logSize?: string;
  readonly logKeep?: string;
}

/** Throws UsageError; the library checks the rest. */
export function syncOptions(raw: RawSyncOptions, rsync: readonly string[]): SyncOptions {
  return {
    delete: raw.delete,
    filter: raw.rules,
    bwlimit: raw.bwlimit,
    checksum: raw.checksum,
    dryRun: raw.dryRun,
    move: raw.move,
    verify: raw.verify,
    jobs: count('--jobs', raw.jobs),
    // commander's default for a switch with `no-`.
    delayUpdates: raw.delayUpdates === false ? false : undefined,
    timeout: raw.timeout,
    stall: raw.stall,
    retries: count('--retries', raw.retries),
    retryDelay: raw.retryDelay,
    maxDuration: raw.maxDuration,
    strict: raw.strict,
    names: raw.names ?? (raw.dryRun && !raw.quiet && !raw.json) ?? false,
    lock: raw.lock,
    waitLock: raw.waitLock,
    farGuard: raw.farGuard,
    grace: raw.grace,
    rsync,
  };
}

export function count(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`${option} is ${JSON.stringify(text)}; allowed: a whole number`);
}

const SIZE = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i;
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Bytes. */
export function size(option: string, text: string): number {
  const match = SIZE.exec(text.trim());
  if (match) return Math.round(Number(match[1]) * (FACTORS[(match[2] as string).toLowerCase()] as number));
  throw new UsageError(`${option} is ${JSON.stringify(text)}; allowed: bytes, such as 500k or 10m`);
}
