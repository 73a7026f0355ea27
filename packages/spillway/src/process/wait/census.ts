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
  isChildSubreaper,
  isLive,
  lastPid,
  processExists,
  processStat,
} from '../../system/index.js';
import { MARK_OF_THIS_PROCESS, marksIn } from '../mark.js';
import { ageMs, KERNEL_THREADS, mayBeInExecve, showsVariables } from './in-execve.js';
import { lastMoment, type Moment, mayHaveBegunAnew, momentBefore } from './pid-turns.js';

/** The most pids to check one by one; for more, /proc is listed. */
const MOST_TRIED = 512;
/** Up to so many, those that are gone are not worth a search. */
const FEWEST_STRANGERS = 64;

/** A child of this program, until it is reaped. */
interface Child {
  /** Not after its start. */
  readonly moment: Moment;
  /** In ticks since boot, where it is known from its start. */
  readonly startTime: number | undefined;
  /** Other code has reaped it: a process with its number is another one. */
  isGone: boolean;
}

/** A descendant as the census found it. It may be gone by now, or have left its group. */
export interface Counted {
  /** Of a process, or of a thread. */
  readonly pid: number;
  /** In ticks since boot. */
  readonly startTime: string;
  readonly group: number;
  readonly session: number;
  /** The marks in its environment; empty without any. */
  readonly marks: string;
}

/** A younger process that shows nothing by which it would be a descendant, as it was when it was counted. */
export interface Stranger {
  readonly pid: number;
  readonly startTime: string;
  readonly parent: number;
  readonly session: number;
}

/** Of starts that are under way, with what the kernel gave this process as well, or of other code. */
type OwnChildren = 'unborn' | 'unborn or orphans' | 'others';

/** A process without variables: it may be in the middle of execve(2), or on its way there. */
interface Undecided {
  readonly startTime: string;
  /** When the census saw it first. */
  readonly sinceMs: number;
  /** Old ones are not waited for; a later census looks once more. */
  readonly isYoung: boolean;
}

export class Census {
  readonly #children = new Map<number, Child>();
  readonly #keepsAll: () => boolean;
  readonly #areStartsUnderWay: () => boolean;
  /**
   * Contains every descendant with a pid above `#after` and up to `#upTo`; some may be gone. A process that
   * was no descendant when it was counted never becomes one.
   */
  readonly #descendants = new Map<number, Counted>();
  readonly #undecided = new Map<number, Undecided>();
  /** Children of this process that may be of a start that is under way. A count after that looks again. */
  readonly #unborn = new Set<number>();
  readonly #strangers = new Map<number, Stranger>();
  #mostStrangers = FEWEST_STRANGERS;
  #after = Number.POSITIVE_INFINITY;
  #upTo = 0;
  /** The newest number at the last look for descendants. */
  #last = 0;
  #countedAt: Moment | undefined;

  /** `keepsAll`: any process may turn out to be a descendant, since this one adopts orphans. */
  constructor(keepsAll: () => boolean, areStartsUnderWay: () => boolean = () => false) {
    this.#keepsAll = keepsAll;
    this.#areStartsUnderWay = areStartsUnderWay;
  }

  /**
   * Call it as soon as a child has been started here. Its start time (in ticks since boot) is needed where
   * other code may reap it before `forgetChild`.
   */
  remember(child: number, moment = lastMoment(), startTime?: number): void {
    for (const counted of [this.#descendants, this.#strangers, this.#undecided, this.#unborn])
      counted.delete(child);
    // Opens the file that the census reads while a descriptor is free.
    if (this.#children.size === 0) lastPid();
    this.#children.set(child, { moment, startTime, isGone: false });
  }

  /** Other code has reaped it, and processes may be left in its group. */
  noteGone(child: number): void {
    const known = this.#children.get(child);
    if (known) known.isGone = true;
  }

  /** Call it when a child is reaped, and nothing more is looked for: its number may be another process's. */
  forgetChild(child: number): void {
    this.#children.delete(child);
  }

  /**
   * Processes that descend from children started here, and may descend from this child with this mark.
   * Undefined if /proc cannot be read.
   */
  descendantsAfter(child: number, mark = ''): readonly Counted[] | undefined {
    const last = lastPid();
    if (last === undefined) return undefined;
    this.#last = last;
    if (this.#mayHaveLower(child)) return this.#startedSince(child, last, mark);
    if (last === child) return [];
    if (!this.#count(child, last)) return undefined;
    return this.#select(mark, ({ pid }) => pid > child);
  }

  /**
   * Whether a process that is younger than this child may be in the middle of execve(2), so that the last
   * count could not tell whose it is. True for at most `LOADED_EXECVE_MS` for any one of them.
   */
  isUnsettledAfter(child: number): boolean {
    if (this.#undecided.size === 0) return false;
    const now = monotonicMs();
    const anyAge = this.#mayHaveLower(child);
    for (const [pid, { isYoung, sinceMs }] of this.#undecided)
      if (isYoung && (anyAge || pid > child) && mayBeInExecve(now - sinceMs, processStat(pid))) return true;
    return false;
  }

  /** Processes younger than this child that the last count took for no descendants; some may be gone. */
  strangersAfter(child: number): readonly Stranger[] {
    const all = [...this.#strangers.values()];
    if (!this.#mayHaveLower(child)) return all.filter(({ pid }) => pid > child);
    const since = this.#startOf(child);
    return all.filter(({ startTime }) => Number(startTime) >= since);
  }

  /** Drops processes that are gone. */
  forget(gone: Iterable<number>): void {
    for (const pid of gone) this.#descendants.delete(pid);
  }

  /** Whether the child may have descendants with lower numbers: these have begun anew since its start. */
  #mayHaveLower(child: number): boolean {
    const known = this.#children.get(child);
    return this.#last < child || known === undefined || mayHaveBegunAnew(known.moment);
  }

  /** When the numbers have begun anew, they say nothing about age, but start times do. */
  #startedSince(child: number, last: number, mark: string): readonly Counted[] | undefined {
    if (!this.#count(0, last)) return undefined;
    const since = this.#startOf(child);
    return this.#select(mark, ({ startTime }) => Number(startTime) >= since);
  }

  #startOf(child: number): number {
    return this.#children.get(child)?.startTime ?? Number(processStat(child)?.startTime ?? 0);
  }

  /** Omits those with marks of other runs only, so that runs that end together each check their own. */
  #select(mark: string, isCandidate: (counted: Counted) => boolean): Counted[] {
    const found: Counted[] = [];
    for (const counted of this.#descendants.values()) {
      const isOfOthers = counted.marks !== '' && !counted.marks.includes(mark);
      if (!isOfOthers && isCandidate(counted)) found.push(counted);
    }
    return found;
  }

  /** Afterwards the census covers all pids after `first`; with 0, those above `last` as well. */
  #count(first: number, last: number): boolean {
    const at = momentBefore();
    const isUsable =
      (first > 0 || this.#after === 0) &&
      last >= this.#upTo &&
      this.#countedAt !== undefined &&
      !mayHaveBegunAnew(this.#countedAt);
    const parts = isUsable
      ? // Children end in any order: the census grows at both ends.
        [this.#between(first, this.#after), this.#between(this.#upTo, last)]
      : [this.#between(first, first === 0 ? Number.POSITIVE_INFINITY : last)];
    if (parts.includes(undefined)) return false;
    const found = parts.flatMap((part) => part ?? []);
    if (!isUsable) {
      this.#descendants.clear();
      this.#undecided.clear();
      this.#strangers.clear();
    }
    this.#after = isUsable ? Math.min(first, this.#after) : first;
    const ownChildren = this.#ownChildren();
    if (ownChildren !== 'unborn') {
      found.push(...this.#unborn);
      this.#unborn.clear();
    }
    for (const pid of found) this.#consider(pid, ownChildren);
    this.#lookAgain(ownChildren);
    this.#upTo = last;
    this.#countedAt = at;
    return true;
  }

  /** What children of this process are that it does not know. */
  #ownChildren(): OwnChildren {
    if (!this.#areStartsUnderWay()) return 'others';
    return process.pid === 1 || isChildSubreaper() ? 'unborn or orphans' : 'unborn';
  }

  #consider(pid: number, ownChildren: OwnChildren): void {
    const stat = processStat(pid);
    if (!stat || !isLive(stat)) return;
    const isOwn = stat.parent === process.pid;
    if (isOwn && ownChildren === 'unborn') {
      this.#unborn.add(pid);
      return;
    }
    const environment = environmentOf(pid);
    const marks = marksIn(environment);
    const isOurs =
      this.#children.has(stat.group) ||
      this.#children.has(stat.session) ||
      this.#keepsAll() ||
      marks.includes(MARK_OF_THIS_PROCESS);
    // Until its program runs, it shares this process's memory and has copies of all its descriptors.
    if (isOwn && ownChildren !== 'others' && !marks.includes(MARK_OF_THIS_PROCESS)) {
      this.#unborn.add(pid);
      return;
    }
    const { startTime, parent, group, session, isExiting } = stat;
    if (isOurs) {
      this.#descendants.set(pid, { pid, startTime, group, session, marks });
      this.#strangers.delete(pid);
      return;
    }
    this.#addStranger({ pid, startTime, parent, session });
    // An exiting process has released its memory, and its environment stays empty.
    if (
      environment !== undefined &&
      !showsVariables(environment) &&
      parent !== KERNEL_THREADS &&
      !isExiting &&
      !this.#undecided.has(pid)
    )
      this.#undecided.set(pid, {
        startTime,
        sinceMs: monotonicMs(),
        isYoung: mayBeInExecve(ageMs(startTime), stat),
      });
  }

  #addStranger(stranger: Stranger): void {
    if (stranger.parent === KERNEL_THREADS) return;
    this.#strangers.set(stranger.pid, stranger);
    if (this.#strangers.size <= this.#mostStrangers) return;
    for (const pid of this.#strangers.keys()) if (!processExists(pid)) this.#strangers.delete(pid);
    this.#mostStrangers = Math.max(2 * this.#strangers.size, FEWEST_STRANGERS);
  }

  /** Looks at each of the undecided until execve(2) must be over, and once after that. */
  #lookAgain(ownChildren: OwnChildren): void {
    if (this.#undecided.size === 0) return;
    const now = monotonicMs();
    for (const [pid, { startTime, sinceMs }] of this.#undecided) {
      // Seen a moment ago, by this count.
      if (now - sinceMs < 1) continue;
      const stat = processStat(pid);
      if (mayBeInExecve(now - sinceMs, stat) && !showsVariables(environmentOf(pid) ?? 'gone=')) continue;
      if (stat?.startTime === startTime) this.#consider(pid, ownChildren);
      this.#undecided.delete(pid);
    }
  }

  /** Those with numbers above `first`, up to `last`; some may not exist. */
  #between(first: number, last: number): number[] | undefined {
    if (last - first > MOST_TRIED)
      return allProcesses()?.filter((pid) => pid > first && pid <= last && !this.#isChild(pid));
    const numbers = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + 1 + index);
    return numbers.filter((pid) => !this.#isChild(pid));
  }

  #isChild(pid: number): boolean {
    return this.#children.get(pid)?.isGone === false;
  }
}
