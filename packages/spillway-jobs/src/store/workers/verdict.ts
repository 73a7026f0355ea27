/** What an outcome means for a job: it is tried again, or has ended. */
import type { Outcome } from '../../attempt/index.js';
import type { JobState } from '../../job/index.js';

/** A job as it is when an attempt of it ends. */
export interface Tried {
  /** Of the attempt that ends, and how many there may be. */
  readonly attempt: number;
  readonly attempts: number;
  readonly failures: number;
  /** Of attempts since the last that was not lost, weighed. */
  readonly losses: number;
  /** Whether the program of the attempt ran, or may have. */
  readonly hasRun: boolean;
  readonly isToStop: boolean;
  readonly backoffMs: number;
  /** Milliseconds until its deadline; undefined without one. */
  readonly deadlineMs: number | undefined;
}

export interface Verdict {
  readonly state: JobState;
  /** Before the next attempt. */
  readonly delayMs: number;
  readonly attempts: number;
  readonly failures: number;
  readonly losses: number;
  readonly reason: string | undefined;
}

/**
 * A job may itself be what ends its workers, so it is not offered for ever: ten attempts in a row that ran
 * and were lost are too many. Those that were lost before they ran weigh less: the job has done nothing.
 */
const MOST_LOSSES = 100;
const LOSS_OF_RUN = 10;
const LONGEST_BACKOFF_MS = 3_600_000;

export function verdictOn(tried: Tried, outcome: Outcome): Verdict {
  const { attempt, attempts, failures, losses, hasRun, isToStop, backoffMs, deadlineMs } = tried;
  const same = { attempts, failures, losses, delayMs: 0, reason: undefined };
  if (isToStop) return { ...same, state: 'stopped', reason: stoppedReason(outcome) };
  if (outcome.ok) return { ...same, state: 'succeeded', losses: 0 };
  // Its worker did not get to the end of it, or gave it back: no fault of the job's.
  if (outcome.reason === 'lost' || outcome.reason === 'abort') {
    const lost = outcome.reason === 'lost' ? losses + (hasRun ? LOSS_OF_RUN : 1) : losses;
    const again = { ...same, attempts: attempts + 1, losses: lost };
    if (lost >= MOST_LOSSES)
      return { ...again, state: 'lost', reason: `too many attempts in a row were lost: ${outcome.message}` };
    if (deadlineMs !== undefined && deadlineMs <= 0)
      return { ...again, state: 'failed', reason: `${outcome.message}; its deadline has passed` };
    return { ...again, state: 'queued' };
  }
  const failed = { ...same, failures: failures + 1, losses: 0 };
  if (attempt >= attempts) return { ...failed, state: 'failed' };
  const delayMs = Math.min(backoffMs * 2 ** failures, LONGEST_BACKOFF_MS);
  if (deadlineMs !== undefined && deadlineMs <= delayMs)
    return {
      ...failed,
      state: 'failed',
      reason: `${outcome.message}; its deadline leaves no time to try again`,
    };
  return { ...failed, state: 'queued', delayMs };
}

function stoppedReason({ ok, reason, message }: Outcome): string {
  if (ok) return 'it had come to its end when it was to be stopped';
  if (reason !== 'abort') return `stopped: ${message}`;
  return message.startsWith('was stopped') ? message : 'was stopped';
}
