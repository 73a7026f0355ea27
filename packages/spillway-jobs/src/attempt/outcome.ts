/** How an attempt ended: plain data, for JSON and for a database. */
import { constants } from 'node:os';

export interface Outcome {
  /** Whether it did what it was to do: exit code 0, and no limit, abort or loss. */
  readonly ok: boolean;
  /**
   * `'exit'`, `'signal'`: by itself. `'timeout'`, `'idle'`: its time was up, or it was silent. `'limit'`: a
   * limit of the kernel's or of its output. `'abort'`: the caller's AbortSignal. `'lost'`: its lease ran out,
   * or the program that ran it died. `'not-started'`: the program or directory is missing, or the fence could
   * not be committed.
   */
  readonly reason: 'exit' | 'signal' | 'timeout' | 'idle' | 'limit' | 'abort' | 'lost' | 'not-started';
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  /** What decided it. */
  readonly decidedBy: 'command' | 'limit' | 'caller' | 'lease' | 'system';
  /** In words, without the command: `timed out after 30 min`. One line. */
  readonly message: string;
  /** ISO 8601. */
  readonly startedAt?: string | undefined;
  readonly durationMs: number;
  readonly cpuMs?: { readonly user: number; readonly system: number } | undefined;
  /** Bytes; of its largest process, as far as it was seen (`VmHWM`). */
  readonly peakMemory?: number | undefined;
  /** Processes that it left behind, and their fate. */
  readonly leftovers: readonly LeftoverData[];
  /** After a timeout or silence: what its processes waited for, in sentences. */
  readonly diagnosis?: string | undefined;
  /** Bytes of output, and of those how many the middle lost. */
  readonly output: { readonly bytes: number; readonly dropped: number };
}

export interface LeftoverData {
  readonly pid: number;
  readonly command: string;
  readonly action: string;
  readonly signal?: string | undefined;
}

/** Where a shell cannot tell: EX_TEMPFAIL of sysexits.h. */
const LOST = 75;
const TIMED_OUT = 124;
const NOT_STARTED = 127;

/** As a shell has it in `$?`: the exit code, 128 and the signal, 124 timed out, 75 lost, 127 not started. */
export function exitStatusOf({ reason, exitCode, signal }: Outcome): number {
  if (reason === 'timeout' || reason === 'idle') return TIMED_OUT;
  if (reason === 'lost') return LOST;
  if (reason === 'not-started') return NOT_STARTED;
  if (signal !== undefined) return 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
  return exitCode ?? 1;
}
