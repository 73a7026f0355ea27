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

/** The system refused the process that was to wait for the fence. */
export function refused(error: StartError, argv: readonly string[]): NotStarted {
  const reason = error.code === 'E2BIG' ? sizeProblem(argv) : error.reason;
  return new NotStarted(`was not started: ${reason} (${error.code})`, 'system');
}

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

/** MAX_ARG_STRLEN of Linux, with pages of 4 KiB (execve(2)). */
const LONGEST_WORD = 131_072;

function sizeProblem(argv: readonly string[]): string {
  const sizes = argv.map((word) => Buffer.byteLength(word) + 1);
  const largest = sizes.indexOf(Math.max(...sizes));
  const advice = 'pass it on stdin or in a file';
  const size = sizes[largest] as number;
  if (size > LONGEST_WORD)
    return `argument ${largest} has ${size - 1} bytes, and one may have ${LONGEST_WORD - 1}; ${advice}`;
  const all = sizes.reduce((sum, one) => sum + one, 0);
  const words = `its ${argv.length} words have ${all} bytes`;
  return `${words}, with its variables more than the kernel takes; ${advice}`;
}
