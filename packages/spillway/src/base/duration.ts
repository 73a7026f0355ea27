/** Durations as numbers and as text. */
import { OptionError } from './option-error.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds, `Infinity`, or text such as `'1h30m'`, `'30s'`, `'250ms'`, `'1.5d'`. */
export type Duration = number | string;

/**
 * Milliseconds, or undefined for anything that is not a duration: a negative number, NaN, text without a unit
 * or with an unknown one.
 */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === 'number') return value >= 0 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^infinity$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (!/^(?:\d+(?:\.\d+)?\s*(?:ms|s|m|h|d)\s*)+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)/g)) {
    total += Number(amount) * (UNITS[unit as string] as number);
  }
  return total;
}

/** Milliseconds; undefined for undefined. Throws OptionError. */
export function requireDuration(option: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const ms = parseDuration(value);
  if (ms !== undefined) return ms;
  const allowed = "milliseconds from 0, Infinity, or text such as '1h30m', '30s' or '250ms'";
  throw new OptionError(option, value, allowed);
}

/** For messages: `'250 ms'`, `'1.5 s'`, `'2 min 5 s'`, `'1 h 30 min'`. */
export function formatDuration(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'for ever';
  // Rounded before choosing the unit: otherwise 59.99 s would read "60 s".
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${trimmed(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return inTwoUnits(seconds, 60, 'min', 's');
  return inTwoUnits(Math.round(seconds / 60), 60, 'h', 'min');
}

function inTwoUnits(amount: number, size: number, large: string, small: string): string {
  const rest = amount % size;
  return `${Math.floor(amount / size)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

function trimmed(seconds: number): string {
  return String(Number(seconds.toFixed(seconds < 10 ? 2 : 1)));
}
