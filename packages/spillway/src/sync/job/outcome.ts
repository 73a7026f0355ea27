/** How it ended, with the exit code and the sentence for it. */
import type { Outcome } from './report.js';

export const EXIT_CODES: Readonly<Record<Exclude<Outcome, 'no-rsync' | 'cancelled'>, number>> = {
  done: 0,
  'done-with-warnings': 0,
  failed: 1,
  refused: 2,
  partial: 3,
  locked: 75,
  'timed-out': 124,
  stalled: 124,
};

export interface Ending {
  readonly outcome: Outcome;
  readonly exitCode: number;
  readonly message: string;
}

export function ending(outcome: keyof typeof EXIT_CODES, message: string): Ending {
  return { outcome, exitCode: EXIT_CODES[outcome], message };
}

/** Sizes as people read them: `12.3 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let amount = bytes;
  let unit = 0;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1000;
    unit++;
  }
  const digits = unit === 0 || amount >= 99.95 ? 0 : 1;
  return `${amount.toFixed(digits)} ${units[unit]}`;
}

export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 file`, `2,000 files`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
