/**
 * Ends what a child has left behind, in its process group or elsewhere.
 *
 * A signal to the group reaches all of it, what is being forked included. A process that leaves the group in
 * that moment is found only at the next look, and may have forked again by then; the kernel ends these
 * together where this process may make cgroups.
 */
import { signals } from '../../system/index.js';
import { CgroupKill } from './cgroup-kill.js';
import { type Ancestry, type Descendant, Descendants, type Leftover, signalEach } from './descendants.js';

export class Pursuit {
  readonly #descendants: Descendants;
  /** Made when something beside the leader has to be ended by force. */
  #cgroup: CgroupKill | undefined;

  constructor(ancestry: Ancestry) {
    this.#descendants = new Descendants(ancestry);
  }

  /**
   * Those that live, with `detachedToo` also those outside the group; undefined where /proc does not tell.
   */
  look(detachedToo: boolean): readonly Descendant[] | undefined {
    const found = this.#descendants.look();
    return detachedToo ? found : found?.filter(({ inGroup }) => inGroup);
  }

  /** Puts into the report that these were ended; a look finds out whether they were. */
  noteKilled(those: readonly Descendant[]): void {
    this.#descendants.note(those, 'killed');
  }

  /** Signals those outside the group; the group has had the signal already. */
  signalDetached(those: readonly Descendant[], signal: number): void {
    const detached = those.filter(({ inGroup }) => !inGroup);
    this.noteKilled(those);
    signalEach(detached, signal);
    // A stopped process acts on nothing but SIGKILL until it is continued.
    if (signal !== signals.SIGKILL) signalEach(detached, signals.SIGCONT);
  }

  /** Has the kernel kill all that is known of the run. False where signals are still needed. */
  killByCgroup(leaderRuns: boolean): boolean {
    this.#cgroup ??= new CgroupKill(this.#descendants);
    this.#descendants.note(this.#cgroup.kill(leaderRuns), 'killed', 'cgroup.kill');
    return this.#cgroup.hasKilledAll;
  }

  /** Removes the cgroup, if there is one; false while something in it still dies. */
  finishCgroup(): boolean {
    return this.#cgroup?.tryToFinish() ?? true;
  }

  /** The cgroup is removed some other time. */
  abandonCgroup(): void {
    this.#cgroup?.abandon();
  }

  /** Whether the last look could not be taken. */
  get isBlind(): boolean {
    return this.#descendants.areUnseen;
  }

  /** What was found at any time, and what has become of each by now. */
  report(): Leftover[] {
    this.#descendants.update();
    return this.#descendants.report();
  }
}
