/** The options of `spillway every`. */
import { parseDuration } from '../../base/index.js';
import { UsageError } from '../usage-error.js';
import { readSchedule, type Schedule } from './schedule.js';

/** Options as given on the command line. */
export interface RawEveryOptions {
  readonly jitter?: string;
  readonly status?: string;
  readonly timezone?: string;
  readonly grace?: string;
  readonly quiet?: true;
}

export interface EverySettings {
  readonly schedule: Schedule;
  /** The most that a start is put off, at random. */
  readonly jitterMs: number;
  readonly graceMs: number;
  readonly statusPath: string | undefined;
  readonly isQuiet: boolean;
}

const MOST_JITTER_MS = 24 * 3_600_000;

/** Throws UsageError. */
export function everySettings(schedule: string, raw: RawEveryOptions): EverySettings {
  const jitterMs = duration('--jitter', raw.jitter) ?? 0;
  if (jitterMs > MOST_JITTER_MS) throw new UsageError('--jitter is more than a day');
  return {
    schedule: readSchedule(schedule, raw.timezone),
    jitterMs,
    graceMs: duration('--grace', raw.grace) ?? 5000,
    statusPath: raw.status,
    isQuiet: raw.quiet ?? false,
  };
}

function duration(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new UsageError(`${option} is ${JSON.stringify(text)}; allowed: 250ms, 30s, 1h30m`);
}
