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
