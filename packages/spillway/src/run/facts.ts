/** From the way a child ended, and what ended it, to what the result says: the table of outcomes in code. */
import type { Diagnosis } from '../doctor/index.js';
import type { Ending, Leftover } from '../process/index.js';
import { signalName } from '../system/index.js';
import type { Cause } from './cause.js';
import type { Settings } from './options/index.js';
import type { ResultFacts } from './result.js';

export interface Outcome {
  readonly settings: Settings;
  /** Undefined when it was not started. */
  readonly pid: number | undefined;
  readonly startedAt: Date;
  readonly durationMs: number;
  /** Undefined when it is not known how it ended: it was not started, or could not be ended. */
  readonly ending: Exclude<Ending, 'lost'> | undefined;
  readonly cause: Cause | undefined;
  readonly leftovers?: readonly Leftover[];
  readonly diagnosis?: Diagnosis | undefined;
}

export function factsOf({
  settings,
  pid,
  startedAt,
  durationMs,
  ending,
  cause,
  leftovers = [],
  diagnosis,
}: Outcome): ResultFacts {
  const exitCode = ending?.status.kind === 'exited' ? ending.status.code : undefined;
  const signal = ending?.status.kind === 'signaled' ? signalName(ending.status.signal) : undefined;
  const limit = limitOf(cause);
  return {
    file: settings.file,
    args: settings.args,
    cwd: settings.cwd ?? process.cwd(),
    pid,
    // Whoever stops reading had enough: however the child ends then, it is no failure.
    ok: cause?.kind === 'enough' || (limit === undefined && exitCode === 0),
    exitCode,
    signal,
    reason: limit ?? (signal === undefined ? 'exit' : 'signal'),
    startedAt,
    durationMs,
    cpu: ending?.cpu ?? { userMs: 0, systemMs: 0 },
    leftovers,
    diagnosis,
  };
}

/** What is a reason of its own, above the way the child ended; a wish of the caller's is not. */
function limitOf(cause: Cause | undefined) {
  return cause === undefined || cause.kind === 'requested' || cause.kind === 'enough'
    ? undefined
    : cause.kind;
}

/** Why nobody knows how it ended. */
export function lostError(pid: number): Error {
  return new Error(`process ${pid} was reaped by another part of this program, so how it ended is not known`);
}
