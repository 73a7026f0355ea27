/** The error of a sync that did not come to a good end. */
import { safeLines } from '../../base/index.js';
import type { Outcome, Report } from './report.js';

const CODES = {
  partial: 'ERR_SYNC_PARTIAL',
  failed: 'ERR_SYNC_FAILED',
  refused: 'ERR_SYNC_REFUSED',
  locked: 'ERR_SYNC_LOCKED',
  'timed-out': 'ERR_SYNC_TIMEOUT',
  stalled: 'ERR_SYNC_STALLED',
  'no-rsync': 'ERR_SYNC_NO_RSYNC',
  cancelled: 'ERR_SYNC_CANCELLED',
} as const;

export type FailedOutcome = keyof typeof CODES;

/** A sync that was refused, or did not transfer everything. `report` is all that is known of it. */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly code: (typeof CODES)[FailedOutcome];
  readonly report: Report;

  constructor(report: Report, options?: ErrorOptions) {
    super(safeLines(report.message), options);
    this.code = CODES[report.outcome as FailedOutcome];
    this.report = report;
  }
}

export function isFailure(outcome: Outcome): boolean {
  return outcome in CODES;
}
