/** How an attempt ended: plain data, for JSON and for a database. */
import { constants } from 'node:os';
import { formatDuration, type Limits, type Result } from 'spillway';
import { messageOf as textOf } from '../base/index.js';

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

/** What the result does not know. */
export interface Circumstances {
  /** What failed on this side, if anything did: its output could not be kept. */
  readonly problem: unknown;
  readonly limits: Limits | undefined;
  readonly idleMs: number;
  /** Its lease has run out: whatever its exit looks like, it may have been cut short. */
  readonly isLost: boolean;
  readonly diagnosis: string | undefined;
  readonly peakMemory: number | undefined;
  readonly output: Outcome['output'];
}

export function outcomeOf(result: Result, circumstances: Circumstances): Outcome {
  const reason = reasonOf(result, circumstances);
  const { exitCode, signal, startedAt, durationMs, cpu, leftovers } = result;
  const { diagnosis, peakMemory, output } = circumstances;
  return {
    ok: result.ok && reason === 'exit',
    reason,
    exitCode,
    signal,
    decidedBy: DECIDED_BY[reason],
    message: messageOf(result, reason, circumstances),
    startedAt: startedAt.toISOString(),
    durationMs,
    // Where node:child_process has started it, that is not known.
    cpuMs: Number.isNaN(cpu.userMs) ? undefined : { user: cpu.userMs, system: cpu.systemMs },
    peakMemory,
    leftovers: leftovers.map(({ pid, command, action, signal }) => ({ pid, command, action, signal })),
    diagnosis,
    output,
  };
}

const DECIDED_BY: Readonly<Record<Outcome['reason'], Outcome['decidedBy']>> = {
  exit: 'command',
  signal: 'system',
  timeout: 'limit',
  idle: 'limit',
  limit: 'limit',
  abort: 'caller',
  lost: 'lease',
  'not-started': 'system',
};

function reasonOf({ reason, signal }: Result, { isLost, limits }: Circumstances): Outcome['reason'] {
  if (isLost && (reason === 'signal' || reason === 'exit')) return 'lost';
  switch (reason) {
    case 'timeout':
    case 'idle':
    case 'abort':
      return reason;
    case 'output-limit':
      return 'limit';
    case 'error':
      return 'abort';
    default:
      return isByLimit(signal, limits) ? 'limit' : reason;
  }
}

/** The signals of setrlimit(2). */
function isByLimit(signal: string | undefined, limits: Limits | undefined): boolean {
  return (
    (signal === 'SIGXCPU' && limits?.cpuSeconds !== undefined) ||
    (signal === 'SIGXFSZ' && limits?.fileSize !== undefined)
  );
}

function messageOf(result: Result, reason: Outcome['reason'], circumstances: Circumstances): string {
  const { problem, idleMs } = circumstances;
  const what = whatHappened(result, reason, idleMs);
  return problem === undefined ? what : `${what}; its output could not be kept: ${textOf(problem)}`;
}

function whatHappened(result: Result, reason: Outcome['reason'], idleMs: number): string {
  const { exitCode, signal, durationMs, ok } = result;
  const after = `after ${formatDuration(durationMs)}`;
  switch (reason) {
    case 'timeout':
      return `timed out ${after}`;
    case 'idle':
      return `wrote nothing for ${formatDuration(idleMs)}, and was ended ${after}`;
    case 'limit':
      return `was ended by a limit (${signal}) ${after}`;
    case 'lost':
      return signal === undefined
        ? `lost its lease, and exited with code ${exitCode} ${after}`
        : `lost its lease, and was ended ${after}`;
    case 'abort':
      return result.reason === 'error' ? `was ended ${after}` : `was stopped ${after}`;
    case 'signal':
      return `was killed by ${signal} ${after}`;
    default:
      return ok ? `succeeded in ${formatDuration(durationMs)}` : `exited with code ${exitCode} ${after}`;
  }
}
