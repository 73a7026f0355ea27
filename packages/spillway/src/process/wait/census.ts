/**
 * Finds processes that this program did not start itself and that are younger than a given child: only these
 * can be its descendants.
 *
 * Linux gives out pids in order, and the newest pid is cheap to read. So after most exits one read shows that
 * there is nothing to find; after others, only the few pids since the last census are checked.
 */
import { monotonicMs } from '../../base/index.js';
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

/** The most pids to check one by one; for more, /proc is listed. */
const MOST_TRIED = 512;
const MOST_REMEMBERED = 8192;
/** More forks than a machine makes in a second; a bound on how soon pids can wrap around. */
const MOST_A_SECOND = 5000;

/** A descendant as the census found it. */
interface Counted {
  /** In ticks since boot. */
  readonly startTime: number;
  /** The marks in its environment; empty without any. */
  readonly marks: string;
}

export class Census {
  /** Children of this program, reaped ones included: never leftovers, so they need no check. */
  readonly #startedHere = new Set<number>();
  readonly #keepsAll: () => boolean;
  /**
   * Contains every descendant with a pid above `#after` and up to `#upTo`; some may be gone. A process that
   * was no descendant when it was counted never becomes one.
   */
  readonly #descendants = new Map<number, Counted>();
  #after = Number.POSITIVE_INFINITY;
  #upTo = 0;
  #countedAt = 0;

  /** `keepsAll`: any process may turn out to be a descendant, since this one adopts orphans. */
  constructor(keepsAll: () => boolean) {
    this.#keepsAll = keepsAll;
  }

  /** Call it as soon as a child has been started here. */
  remember(child: number): void {
    // Opens the file that the census reads while a descriptor is free.
    if (this.#startedHere.size === 0) lastPid();
    // Old pids go; the kernel will reuse them.
    if (this.#startedHere.size >= MOST_REMEMBERED) this.#startedHere.clear();
    this.#startedHere.add(child);
  }

  /**
   * Pids (or thread ids) that descend from children started here, and may descend from the child with this
   * pid, age and mark; some may be gone by now. Undefined if /proc cannot be read.
   */
  descendantsAfter(child: number, ageMs: number, mark = ''): readonly number[] | undefined {
    const last = lastPid();
    if (last === undefined) return undefined;
    if (last === child && ageMs < timeToBeginAnew()) return [];
    if (last < child || ageMs >= timeToBeginAnew()) return this.#startedSince(child, last, mark);
    if (!this.#count(child, last)) return undefined;
    return this.#select(mark, (pid) => pid > child);
  }

  /** Drops processes that are gone. */
  forget(gone: Iterable<number>): void {
    for (const pid of gone) this.#descendants.delete(pid);
  }

  /** After a wrap-around, pids say nothing about age, but start times do. */
  #startedSince(child: number, last: number, mark: string): readonly number[] | undefined {
    if (!this.#count(0, last)) return undefined;
    const since = Number(processStat(child)?.startTime ?? 0);
    return this.#select(mark, (_, { startTime }) => startTime >= since);
  }

  /** Omits those with marks of other runs only, so that runs that end together each check their own. */
  #select(mark: string, isCandidate: (pid: number, counted: Counted) => boolean): number[] {
    const found: number[] = [];
    for (const [pid, counted] of this.#descendants) {
      const isOfOthers = counted.marks !== '' && !counted.marks.includes(mark);
      if (!isOfOthers && isCandidate(pid, counted)) found.push(pid);
    }
    return found;
  }

  /** Updates the census so that it covers all pids after `first`. */
  #count(first: number, last: number): boolean {
    const now = monotonicMs();
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
    // A member counts with or without marks, so its environment need not be settled.
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
 * The environment of a process, without catching it in the middle of execve(2): the kernel installs the new
 * memory before it copies the variables, and until then the environment looks empty.
 */
export function settledEnvironmentOf({ pid, parent }: ProcessStat): string | undefined {
  for (let looks = 0; ; looks++) {
    const environment = environmentOf(pid);
    if (environment !== '' || parent === KERNEL_THREADS || looks === MOST_LOOKS) return environment;
    // An exiting process has released its memory, and its environment stays empty.
    const now = processStat(pid);
    if (!now || !isLive(now) || now.isExiting) return environment;
    Atomics.wait(NEVER_NOTIFIED, 0, 0, 1);
  }
}

/** kthreadd, the parent of all kernel threads, which never have variables. */
const KERNEL_THREADS = 2;
/** One millisecond apart. Few programs start without any variable. */
const MOST_LOOKS = 3;
const NEVER_NOTIFIED = new Int32Array(new SharedArrayBuffer(4));

function timeToBeginAnew(): number {
  return ((processIdLimit() ?? 0) / MOST_A_SECOND) * 1000;
}
