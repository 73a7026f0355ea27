/**
 * Whether the kernel may have given out every process number since a moment, and so begun anew from the low
 * ones: from then on a number says nothing about age.
 *
 * For a short time the fastest possible machine decides, without a read; after that the kernel's count of
 * forks does.
 */
import { monotonicMs } from '../../base/index.js';
import { forksSinceBoot, processIdLimit } from '../../system/index.js';

export interface Moment {
  readonly ms: number;
  /** Undefined where /proc cannot be read. */
  readonly forks: number | undefined;
}

/** Numbers that the kernel gives out only once (RESERVED_PIDS in kernel/pid.c). */
const RESERVED = 300;
/** Threads take numbers as well; no machine starts more. */
const MOST_A_SECOND = 100_000;

let limit: number | undefined;
let latest: Moment | undefined;
/** The latest count of forks. */
let counted: Moment | undefined;

/** How many numbers there are in one turn. */
function numbers(): number {
  limit ??= processIdLimit() ?? 0;
  return Math.max(limit - RESERVED, 0);
}

/** The shortest time in which the numbers can be used up. */
function shortestTurnMs(): number {
  return (numbers() / MOST_A_SECOND) * 1000;
}

/** Call it before a start: a moment that is no later. Mostly the one of the previous call. */
export function momentBefore(): Moment {
  const ms = monotonicMs();
  if (latest === undefined || ms - latest.ms > shortestTurnMs() / 2) latest = { ms, forks: forksSinceBoot() };
  return latest;
}

/** The latest moment that `momentBefore` has given, in this thread. */
export function lastMoment(): Moment {
  return latest ?? momentBefore();
}

export function mayHaveBegunAnew({ ms, forks }: Moment): boolean {
  if (monotonicMs() - ms < shortestTurnMs()) return false;
  const now = mostForksByNow();
  // Half, for what has been forked between the moment and the start that it was taken for.
  return now === undefined || forks === undefined || now - forks >= numbers() / 2;
}

/** A read of /proc/stat takes longer the more processors there are: one serves for a while. */
function mostForksByNow(): number | undefined {
  const ms = monotonicMs();
  if (counted === undefined || ms - counted.ms > shortestTurnMs() / 8)
    counted = { ms, forks: forksSinceBoot() };
  return counted.forks === undefined ? undefined : counted.forks + numbers() / 8;
}
