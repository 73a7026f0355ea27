/**
 * Which processes there are that this program did not start itself, and that were made after a given one: the only ones that can be
 * its descendants.
 *
 * Linux gives out process numbers in order, and tells the last one for next to nothing. So after most exits one read says that there
 * is nothing to look for; after others only the few numbers made since the last census are tried.
 */
import { allProcesses, lastPid, processExists, processIdLimit } from '../system/index.js';

/** So many numbers are tried one by one; for more, /proc is listed. */
const MOST_TRIED = 512;
/** More processes than any machine makes in a second. After this rate's time the numbers may have begun anew. */
const MOST_A_SECOND = 5000;

export class Census {
  readonly #startedHere: (pid: number) => boolean;
  /** Every stranger whose number is above the first and not above the second was among these when they were counted. */
  #strangers: number[] = [];
  #after = 0;
  #upTo = 0;

  constructor(startedHere: (pid: number) => boolean) {
    this.#startedHere = startedHere;
  }

  /**
   * Numbers of processes (or threads) that may have come from a child of this number and age; some may be gone by now. Undefined
   * where the system does not tell.
   */
  strangersAfter(pid: number, ageMs: number): readonly number[] | undefined {
    const last = lastPid();
    if (last === undefined) return undefined;
    const mayHaveBegunAnew = last < pid || ageMs > ((processIdLimit() ?? 0) / MOST_A_SECOND) * 1000;
    if (mayHaveBegunAnew) return allProcesses()?.filter((one) => one !== pid && !this.#startedHere(one));
    if (last === pid) return [];
    if (!this.#count(pid, last)) return undefined;
    return this.#after === pid ? this.#strangers : this.#strangers.filter((one) => one > pid);
  }

  /** They are gone, and need not be looked at again. */
  forget(gone: ReadonlySet<number>): void {
    if (gone.size > 0) this.#strangers = this.#strangers.filter((one) => !gone.has(one));
  }

  /** Brings the count up to date, so that it covers what came after `pid`. */
  #count(pid: number, last: number): boolean {
    const isUsable = pid >= this.#after && last >= this.#upTo && pid <= this.#upTo;
    const first = isUsable ? this.#upTo : pid;
    const found = this.#between(first, last);
    if (!found) return false;
    this.#strangers = isUsable ? [...this.#strangers, ...found] : found;
    if (!isUsable) this.#after = pid;
    this.#upTo = last;
    return true;
  }

  #between(first: number, last: number): number[] | undefined {
    if (last - first > MOST_TRIED)
      return allProcesses()?.filter((pid) => pid > first && pid <= last && !this.#startedHere(pid));
    const found: number[] = [];
    for (let pid = first + 1; pid <= last; pid++) {
      if (!this.#startedHere(pid) && processExists(pid)) found.push(pid);
    }
    return found;
  }
}
