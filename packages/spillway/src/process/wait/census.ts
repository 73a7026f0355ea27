/**
 * Which processes there are that this program did not start itself, and that were made after a given one: the
 * only ones that can be its descendants.
 *
 * Linux gives out process numbers in order, and tells the last one for next to nothing. So after most exits
 * one read says that there is nothing to look for; after others only the few numbers made since the last
 * census are tried.
 */
import {
  allProcesses,
  environmentOf,
  isLive,
  lastPid,
  type ProcessStat,
  processExists,
  processIdLimit,
  processStat,
} from '../../system/index.js';
import { MARK_OF_THIS_PROCESS, marksIn } from '../mark.js';

/** So many numbers are tried one by one; for more, /proc is listed. */
const MOST_TRIED = 512;
const MOST_REMEMBERED = 8192;
/** More processes than machines make in a second. After this rate's time the numbers may have begun anew. */
const MOST_A_SECOND = 5000;

/** What was seen of a descendant when it was counted. */
interface Counted {
  /** In ticks since the boot. */
  readonly startTime: number;
  /** The marks in its environment; empty when there are none. */
  readonly marks: string;
}

export class Census {
  /** Children of this program, reaped ones among them: known to be nobody's leftover without a look. */
  readonly #startedHere = new Set<number>();
  readonly #keepsAll: () => boolean;
  /**
   * Every descendant that there is with a number above `#after` and up to `#upTo` is among these; some may be
   * gone. What was nobody's descendant when it was counted never becomes one.
   */
  readonly #descendants = new Map<number, Counted>();
  #after = Number.POSITIVE_INFINITY;
  #upTo = 0;
  #countedAt = 0;

  /** `keepsAll`: any process may turn out to be a descendant, since orphans come to this one. */
  constructor(keepsAll: () => boolean) {
    this.#keepsAll = keepsAll;
  }

  /** A child that was started here, to be told at once. */
  remember(child: number): void {
    // What the census reads is opened while there is a descriptor for it.
    if (this.#startedHere.size === 0) lastPid();
    // Numbers begin anew some day.
    if (this.#startedHere.size >= MOST_REMEMBERED) this.#startedHere.clear();
    this.#startedHere.add(child);
  }

  /**
   * Numbers of processes (or threads) that come from children started here, and may come from the one of this
   * number, age and mark; some may be gone by now. Undefined where the system does not tell.
   */
  descendantsAfter(child: number, ageMs: number, mark = ''): readonly number[] | undefined {
    const last = lastPid();
    if (last === undefined) return undefined;
    if (last === child && ageMs < timeToBeginAnew()) return [];
    if (last < child || ageMs >= timeToBeginAnew()) return this.#startedSince(child, last, mark);
    if (!this.#count(child, last)) return undefined;
    return this.#select(mark, (pid) => pid > child);
  }

  /** They are gone, and need not be looked at again. */
  forget(gone: Iterable<number>): void {
    for (const pid of gone) this.#descendants.delete(pid);
  }

  /** Where the numbers have begun anew since, they say nothing, but the times of the starts do. */
  #startedSince(child: number, last: number, mark: string): readonly number[] | undefined {
    if (!this.#count(0, last)) return undefined;
    const since = Number(processStat(child)?.startTime ?? 0);
    return this.#select(mark, (_, { startTime }) => startTime >= since);
  }

  /**
   * Those with the marks of other runs alone are left out, so that of many runs that end together each looks
   * at its own.
   */
  #select(mark: string, isCandidate: (pid: number, counted: Counted) => boolean): number[] {
    const found: number[] = [];
    for (const [pid, counted] of this.#descendants) {
      const isOfOthers = counted.marks !== '' && !counted.marks.includes(mark);
      if (!isOfOthers && isCandidate(pid, counted)) found.push(pid);
    }
    return found;
  }

  /** Brings the count up to date, so that it covers what came after `first`. */
  #count(first: number, last: number): boolean {
    const now = performance.now();
    const isUsable = first >= this.#after && last >= this.#upTo && now - this.#countedAt < timeToBeginAnew();
    const found = this.#between(isUsable ? this.#upTo : first, last);
    if (!found) return false;
    if (!isUsable) {
      this.#descendants.clear();
      this.#after = first;
    }
    for (const pid of found) this.#consider(pid);
    this.#upTo = last;
    this.#countedAt = now;
    return true;
  }

  #consider(pid: number): void {
    const stat = processStat(pid);
    if (!stat || !isLive(stat)) return;
    const isMember = this.#startedHere.has(stat.group) || this.#startedHere.has(stat.session);
    // Of a member nothing hangs on it.
    const marks = marksIn(isMember ? environmentOf(pid) : settledEnvironmentOf(stat));
    if (isMember || this.#keepsAll() || marks.includes(MARK_OF_THIS_PROCESS))
      this.#descendants.set(pid, { startTime: Number(stat.startTime), marks });
  }

  #between(first: number, last: number): number[] | undefined {
    if (first === 0) return allProcesses()?.filter((pid) => !this.#startedHere.has(pid));
    if (last - first > MOST_TRIED)
      return allProcesses()?.filter((pid) => pid > first && pid <= last && !this.#startedHere.has(pid));
    const found: number[] = [];
    for (let pid = first + 1; pid <= last; pid++) {
      if (!this.#startedHere.has(pid) && processExists(pid)) found.push(pid);
    }
    return found;
  }
}

/**
 * execve(2) gives a process its new memory some time before its variables are in it; until then it seems to
 * have none.
 */
export function settledEnvironmentOf({ pid, parent }: ProcessStat): string | undefined {
  for (let looks = 0; ; looks++) {
    const environment = environmentOf(pid);
    if (environment !== '' || parent === KERNEL_THREADS || looks === MOST_LOOKS) return environment;
    // One that exits has given its memory back, and gets none any more.
    const now = processStat(pid);
    if (!now || !isLive(now) || now.isExiting) return environment;
    Atomics.wait(NOBODY_WAKES, 0, 0, 1);
  }
}

/** Their parent; they have no variables ever. */
const KERNEL_THREADS = 2;
/** A millisecond apart. Few programs are started without any variable. */
const MOST_LOOKS = 3;
const NOBODY_WAKES = new Int32Array(new SharedArrayBuffer(4));

function timeToBeginAnew(): number {
  return ((processIdLimit() ?? 0) / MOST_A_SECOND) * 1000;
}
