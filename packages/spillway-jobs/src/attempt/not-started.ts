/** Why an attempt ended before its program ran. */
import { formatDuration, type Result, type StartError } from 'spillway';
import { messageOf, safeOneLine } from '../base/index.js';
import type { Checked } from './options.js';
import type { Outcome } from './outcome.js';

export class NotStarted extends Error {
  constructor(
    message: string,
    readonly decidedBy: Outcome['decidedBy'],
    readonly reason: 'not-started' | 'abort' | 'timeout' | 'idle' = 'not-started',
  ) {
    super(safeOneLine(message));
  }

  toOutcome(durationMs: number): Outcome {
    return {
      ok: false,
      reason: this.reason,
      decidedBy: this.decidedBy,
      message: this.message,
      durationMs,
      leftovers: [],
      output: { bytes: 0, dropped: 0 },
    };
  }
}

export function aborted(): NotStarted {
  return new NotStarted('was not started: it was aborted before', 'caller', 'abort');
}

/** The system refused its process, or its program. */
export function refused({ file, reason, code, subject }: StartError): NotStarted {
  const isLine = code === 'ENOENT' && subject === 'program' && FOR_A_SHELL.test(file);
  const why = isLine ? `there is no program ${file}, and no shell takes a line apart here` : reason;
  return new NotStarted(`was not started: ${why} (${code})`, 'system');
}

const FOR_A_SHELL = /[\s|<>;&*?$~=]/;

/** The fence was not committed. `error`: what the caller's function threw. */
export function notCommitted(error: unknown): NotStarted {
  return new NotStarted(`was not started: its fence was not committed: ${messageOf(error)}`, 'caller');
}

/** The process that waited for the fence has ended. */
export function endedEarly(
  { reason, signal, durationMs }: Pick<Result, 'reason' | 'signal' | 'durationMs'>,
  { lease }: Checked,
): NotStarted {
  const after = formatDuration(durationMs);
  switch (reason) {
    case 'abort':
      return aborted();
    case 'timeout':
    case 'idle':
      return new NotStarted(`timed out after ${after}, before its fence was committed`, 'limit', reason);
    default:
      if (lease?.isOver) return leaseOver();
      return new NotStarted(
        `was not started: its process was ended by ${signal ?? 'itself'} before its fence was committed`,
        'system',
      );
  }
}

export function leaseOver(): NotStarted {
  return new NotStarted('was not started: its lease ran out before', 'lease');
}
