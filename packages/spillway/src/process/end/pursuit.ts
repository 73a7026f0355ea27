/**
 * Ends the processes that a child leaves behind, in its process group or elsewhere.
 *
 * A signal to the group reaches every member, new forks included. A process that leaves the group at that
 * moment is found only by the next look, and may have forked again by then. Where this process may make
 * cgroups, the kernel kills all of these at once.
 */
import { signals } from '../../system/index.js';
import { CgroupKill } from './cgroup-kill.js';
import { type Descendant, signalEach } from './descendant.js';
import { type Ancestry, Descendants, type Leftover } from './descendants.js';

export class Pursuit {
  readonly #descendants: Descendants;
  /** Made when a process other than the leader must be killed. */
  #cgroup: CgroupKill | undefined;

  constructor(ancestry: Ancestry) {
    this.#descendants = new Descendants(ancestry);
  }

  /** The live ones, with `detachedToo` also those outside the group; undefined if /proc cannot be read. */
  look(detachedToo: boolean): readonly Descendant[] | undefined {
    const found = this.#descendants.look();
    return detachedToo ? found : found?.filter(({ inGroup }) => inGroup);
  }

  /** Signals those outside the group; the group already has the signal. `report` checks that all are gone. */
  signalDetached(those: readonly Descendant[], signal: number): void {
    const detached = those.filter(({ inGroup }) => !inGroup);
    this.#descendants.note(those, { signal });
    signalEach(detached, signal);
    // A stopped process acts only on SIGKILL until it is continued.
    if (signal !== signals.SIGKILL) signalEach(detached, signals.SIGCONT);
  }

  /** Has the kernel kill every known process of the run. False if signals are still needed. */
  killByCgroup(leaderRuns: boolean): boolean {
    this.#cgroup ??= new CgroupKill(this.#descendants);
    const by = { signal: signals.SIGKILL, killedBy: 'cgroup.kill' } as const;
    this.#descendants.note(this.#cgroup.kill(leaderRuns), by);
    return this.#cgroup.hasKilledAll;
  }

  /** Removes the cgroup, if there is one; false while members are still dying. */
  finishCgroup(): boolean {
    return this.#cgroup?.tryToFinish() ?? true;
  }

  /** Removes the cgroup now, or else together with a later one. */
  abandonCgroup(): void {
    this.#cgroup?.abandon();
  }

  /** Whether the last look could not tell of a process in the middle of execve(2) whose it is. */
  get isUnsettled(): boolean {
    return this.#descendants.areUnsettled;
  }

  /** Whether the last look failed to read /proc. */
  get isBlind(): boolean {
    return this.#descendants.areUnseen;
  }

  /** All processes found by any look, with their fate up to now. */
  report(): Leftover[] {
    this.#descendants.update();
    return this.#descendants.report();
  }
}
