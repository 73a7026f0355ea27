/** How a command ended, and why: the table of docs/outcomes.md in code. */
import { Stopwatch } from '../base/index.js';
import type { Diagnosis } from '../doctor/index.js';
import type { ChildSpec, Constraints, Ending, EndOfJob, Leftover } from '../process/index.js';
import { Output } from '../stream/index.js';
import { signalName, signals } from '../system/index.js';
import type { Limits, StreamName, Target } from './options/index.js';
import { type Plan, textEncodingOf } from './plan.js';
import { Result, type ResultFacts } from './result.js';
import type { Streams } from './streams.js';

/** Why this side ended a command, if it did: the first cause wins. */
export type Cause =
  | { readonly kind: 'timeout'; readonly ms: number }
  | { readonly kind: 'idle'; readonly ms: number }
  | { readonly kind: 'abort'; readonly reason: unknown }
  | {
      readonly kind: 'output-limit';
      readonly bytes: number;
      /** Undefined for the limit of both together. */
      readonly stream: StreamName | undefined;
    }
  /**
   * Something on this side failed: a target of the output, the source of stdin, the disk under a spill, or
   * the wait itself.
   */
  | { readonly kind: 'error'; readonly error: unknown }
  /** The caller asked for it: terminate(), or the end of an `await using` scope. */
  | { readonly kind: 'requested'; readonly isScopeEnd?: true }
  /** The reader of its output had enough. */
  | { readonly kind: 'enough' };

/** Whether a cause comes from outside. One that comes from the output itself holds even after the exit. */
export function isOutside({ kind }: Cause): boolean {
  return kind !== 'output-limit' && kind !== 'error';
}

/** How a command ended; made once, when it is over. */
export interface End {
  readonly result: Result;
  /** The end of stderr, where the result does not have it. */
  readonly stderrTail: Output | undefined;
  /** The same of what a terminal showed. */
  readonly stdoutTail: Output | undefined;
  readonly cause: Cause | undefined;
  /** Names of the signals that the ladder sent while the command ran, in order. */
  readonly sent: readonly string[];
  /** Milliseconds between them. */
  readonly graceMs: number;
  /** Even SIGKILL did not end it. */
  readonly isAbandoned: boolean;
  readonly limits: Constraints['limits'] | undefined;
  /** What it was waiting for when its time was up, in words. */
  readonly explanation: string | undefined;
}

/** What is known of a command that is over, or was not started. */
export interface Facts {
  /** Undefined when it was not started. */
  readonly pid: number | undefined;
  readonly startedAt: Date;
  readonly durationMs: number;
  /** Undefined when it was not started. */
  readonly ending: Ending | 'abandoned' | undefined;
  readonly cause: Cause | undefined;
  readonly leftovers: readonly Leftover[];
  readonly diagnosis: Diagnosis | undefined;
}

function resultFacts({ file, args, cwd, startedIn }: ChildSpec, facts: Facts): ResultFacts {
  const { pid, startedAt, durationMs, ending, cause, leftovers, diagnosis } = facts;
  const known = typeof ending === 'object' ? ending : undefined;
  const exitCode = known?.status.kind === 'exited' ? known.status.code : undefined;
  const signal = known?.status.kind === 'signaled' ? signalName(known.status.signal) : undefined;
  const reason = ownReason(cause);
  return {
    file,
    args,
    cwd: cwd ?? startedIn ?? '.',
    pid,
    // A reader that leaves has had enough: however the command ends then, it has not failed.
    ok: cause?.kind === 'enough' || (reason === undefined && exitCode === 0),
    exitCode,
    signal,
    reason: reason ?? (signal === undefined ? 'exit' : 'signal'),
    startedAt,
    durationMs,
    cpu: known?.cpu ?? { userMs: 0, systemMs: 0 },
    leftovers,
    diagnosis,
  };
}

/**
 * A cause that is a reason of its own. When the caller ended the command on purpose, the exit is the reason.
 */
function ownReason(cause: Cause | undefined) {
  return cause === undefined || cause.kind === 'requested' || cause.kind === 'enough'
    ? undefined
    : cause.kind;
}

/** The same, as its place on the terminal must know it. */
export function endOfJob(ending: Ending | 'abandoned', cause: Cause | undefined): EndOfJob {
  if (typeof ending !== 'object' || cause !== undefined) return { byItself: false, signal: undefined };
  const { status } = ending;
  return status.kind === 'exited'
    ? { byItself: true, signal: undefined }
    : { byItself: false, signal: status.signal };
}

/** The end of a command that has run. */
export function endOf(
  { child, keep, policy }: Plan,
  facts: Facts,
  streams: Pick<Streams, 'kept' | 'lastWords'>,
  told: Pick<End, 'sent' | 'explanation'>,
): End {
  return {
    result: new Result(resultFacts(child, facts), keep.encoding, streams.kept()),
    ...streams.lastWords(),
    ...told,
    cause: facts.cause,
    graceMs: policy.termination.grace,
    isAbandoned: facts.ending === 'abandoned',
    limits: child.constraints?.limits,
  };
}

/** The end of a command that was ended before it could start. `clock`: since the call. */
export function notStarted(plan: Plan, cause: Cause, clock = new Stopwatch()): End {
  const { child, keep } = plan;
  const kept = (targets: readonly Target[]) =>
    targets.some(({ kind }) => KEPT.has(kind)) ? new Output([], textEncodingOf(keep)) : undefined;
  const { startedAt, elapsedMs: durationMs } = clock;
  const facts = resultFacts(child, {
    pid: undefined,
    startedAt,
    durationMs,
    ending: undefined,
    leftovers: [],
    diagnosis: undefined,
    cause,
  });
  return {
    result: new Result(facts, keep.encoding, { stdout: kept(plan.stdout), stderr: kept(plan.stderr) }),
    stderrTail: undefined,
    stdoutTail: undefined,
    cause,
    sent: [],
    graceMs: 0,
    isAbandoned: false,
    limits: undefined,
    explanation: undefined,
  };
}

const KEPT: ReadonlySet<Target['kind']> = new Set(['capture', 'tail', 'auto']);

/** Why it is not known how a command ended. */
export function lostCause(pid: number): Cause {
  const lost = `process ${pid} was reaped by another part of this program, so how it ended is not known`;
  return { kind: 'error', error: new Error(lost) };
}

/**
 * Which limit ended a command, as far as its end shows. The kernel sends SIGXCPU and SIGXFSZ for nothing
 * else; many programs die of a failed allocation in one of three ways. A shell reports such an end of its
 * last command as an exit code of 128 plus the signal.
 */
export function limitBehind(
  { signal, exitCode, cpu }: ResultFacts,
  limits: End['limits'],
): string | undefined {
  if (!limits) return undefined;
  const { cpuSeconds, fileSize, memory } = Object.fromEntries(limits) as Limits;
  const usedMs = cpu.userMs + cpu.systemMs;
  const isBy = (name: NodeJS.Signals) => signal === name || exitCode === 128 + signals[name];
  if (
    cpuSeconds !== undefined &&
    (isBy('SIGXCPU') || (signal === 'SIGKILL' && usedMs >= cpuSeconds * 1000))
  ) {
    return `its limit of ${cpuSeconds} s of processor time is used up (limits.cpuSeconds)`;
  }
  if (fileSize !== undefined && isBy('SIGXFSZ'))
    return `a file would have grown beyond ${fileSize} bytes (limits.fileSize)`;
  if (memory !== undefined && (isBy('SIGSEGV') || isBy('SIGABRT') || isBy('SIGBUS')))
    return `possibly out of memory: it is limited to ${memory} bytes (limits.memory)`;
  return undefined;
}
