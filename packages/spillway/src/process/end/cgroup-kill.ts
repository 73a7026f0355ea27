/**
 * Kills all remaining processes of a run at once, where this process may make cgroups: moves every known
 * process into a new cgroup, which the kernel kills (cgroup.kill). A process forked after the move is a
 * member too, so no process escapes by forking faster than this one searches.
 *
 * A run that ends by itself makes no cgroup. A cgroup for each child from its start would cost every run a
 * shell in front of the program, or a move, and few runs need it.
 *
 * cgroup.procs takes only a pid, which the kernel may have given to a stranger before the write. So this
 * process identifies every member before the kill, and moves strangers back to their own cgroup.
 */

import { join } from 'node:path';
import { monotonicMs } from '../../base/index.js';
import {
  bestEffort,
  cgroupMembers,
  enterCgroup,
  isLive,
  killCgroup,
  lastPid,
  makeCgroup,
  type ProcessStat,
  processStat,
  removeCgroup,
  SystemError,
} from '../../system/index.js';
import { newCgroupName, removeLater, removeRemains } from './cgroup-remains.js';
import { cgroupDirectoryOf, delegatedCgroup } from './delegation.js';
import { type Descendant, keyOf } from './descendant.js';

/** The processes to kill. */
export interface KillTargets {
  /** The child; it does not count as a descendant. */
  readonly leader: number;
  /** Its live descendants; undefined if /proc cannot be read. */
  find(): readonly Descendant[] | undefined;
  /** The live process with this pid, if it is a descendant; children of `relatives` are. */
  recognise(pid: number, relatives: ReadonlySet<number>): Descendant | undefined;
}

/** Calls to the kernel; tests of races replace them. */
export interface CgroupCalls {
  /** The directory where this process may make cgroups; undefined if it may not. */
  delegated(): string | undefined;
  /** The cgroup of a process. */
  of(pid: number): string | undefined;
  stat(pid: number): ProcessStat | undefined;
  /** The pid that the kernel gave out last. */
  lastPid(): number | undefined;
  make(directory: string): void;
  enter(directory: string, pid: number): void;
  members(directory: string): readonly number[];
  kill(directory: string): void;
  remove(directory: string): boolean;
  removeRemains(parent: string): void;
}

const kernel: CgroupCalls = {
  delegated: delegatedCgroup,
  of: cgroupDirectoryOf,
  stat: processStat,
  lastPid,
  make: makeCgroup,
  enter: enterCgroup,
  members: cgroupMembers,
  kill: killCgroup,
  remove: removeCgroup,
  removeRemains,
};

/** The longest block of the event loop. Only a fork bomb causes one, and it uses most of that time itself. */
const LONGEST_TURN_MS = 200;
/** A bound, since unrelated processes on this machine may fork all the time. */
const MOST_VAIN_LOOKS = 64;
/** More than one, since a stranger may fork before it is moved back. */
const MOST_EXPULSIONS = 4;

export class CgroupKill {
  readonly #targets: KillTargets;
  readonly #calls: CgroupCalls;
  /** Processes that could not be moved. */
  readonly #refused = new Set<string>();
  /** The newest pid before the last look. */
  #newest: number | undefined;
  #vainLooks = 0;
  /** Whether processes have been moved in since the last kill. */
  #hasLivingMembers = false;
  /** Whether the last call moved every process that can be moved. */
  #isThorough = true;
  /** The cgroup's parent directory; empty before there is a cgroup. */
  #parent = '';
  #directory: string | undefined;

  constructor(targets: KillTargets, calls = kernel) {
    this.#targets = targets;
    this.#calls = calls;
  }

  /**
   * Kills the run's live processes, and the leader if it still runs. Returns the descendants killed by this
   * call: none if it cannot kill, or if the previous call has killed all.
   */
  kill(leaderRuns: boolean): readonly Descendant[] {
    const parent = this.#directory === undefined ? this.#calls.delegated() : this.#parent;
    this.#isThorough = parent === undefined;
    if (parent === undefined) return [];
    this.#moveAll(parent, leaderRuns);
    const directory = this.#directory;
    let killed: readonly Descendant[] = [];
    if (directory === undefined || !this.#hasLivingMembers) return killed;
    bestEffort(() => {
      const members = this.#recognised(directory);
      if (members === undefined) return;
      this.#calls.kill(directory);
      this.#hasLivingMembers = false;
      killed = members;
    });
    return killed;
  }

  /** Whether the cgroup has taken every process, so that no signals are needed. */
  get hasKilledAll(): boolean {
    return (
      this.#directory !== undefined && this.#isThorough && !this.#hasLivingMembers && this.#refused.size === 0
    );
  }

  /**
   * Removes the directory; returns whether the work is complete. Until then, call `kill` again from time to
   * time, since each call is limited in time. Zombies do not keep the directory, but processes that are still
   * dying do.
   */
  tryToFinish(): boolean {
    return this.#isThorough && this.#remove();
  }

  /** Stops waiting for the members to die; removes the directory now, or else together with a later one. */
  abandon(): void {
    if (!this.#remove()) removeLater(this.#directory as string);
    this.#directory = undefined;
  }

  #remove(): boolean {
    const directory = this.#directory;
    if (directory === undefined) return true;
    if (!succeeds(() => this.#calls.remove(directory))) return false;
    this.#directory = undefined;
    this.#calls.removeRemains(this.#parent);
    return true;
  }

  /** Moves until no process is outside and no fork can have been missed. */
  #moveAll(parent: string, leaderRuns: boolean): void {
    const end = monotonicMs() + LONGEST_TURN_MS;
    while (!this.#isThorough && monotonicMs() < end) {
      const newest = this.#calls.lastPid();
      // The last look saw every process, and the kernel has made none since.
      if (newest !== undefined && newest === this.#newest) {
        this.#isThorough = true;
        return;
      }
      this.#newest = newest;
      const outside = this.#outside();
      // There was a fork; its child may have been ours and gone before the look.
      if (outside.length === 0) this.#isThorough = ++this.#vainLooks > MOST_VAIN_LOOKS;
      else if (!this.#moveEach(outside, parent, leaderRuns)) this.#isThorough = true;
    }
  }

  /** False if no cgroup can be made. */
  #moveEach(outside: readonly Descendant[], parent: string, leaderRuns: boolean): boolean {
    const directory = this.#open(parent);
    if (directory === undefined) return false;
    if (leaderRuns && !this.#hasLivingMembers) this.#moveLeader(directory);
    for (const one of outside) if (this.#move(one, directory)) this.#hasLivingMembers = true;
    return true;
  }

  #outside(): Descendant[] {
    const all = this.#targets.find() ?? [];
    const inside = new Set(all.length > 0 ? this.#members() : []);
    return all.filter((one) => !inside.has(one.pid) && !this.#refused.has(keyOf(one)) && this.#isSame(one));
  }

  #members(): readonly number[] {
    const directory = this.#directory;
    let members: readonly number[] = [];
    if (directory !== undefined) {
      bestEffort(() => {
        members = this.#calls.members(directory);
      });
    }
    return members;
  }

  #open(parent: string): string | undefined {
    if (this.#directory !== undefined) return this.#directory;
    const directory = join(parent, newCgroupName());
    if (!succeeds(() => this.#calls.make(directory))) return undefined;
    this.#parent = parent;
    this.#directory = directory;
    return directory;
  }

  #moveLeader(directory: string): void {
    if (this.#isLeader(this.#targets.leader))
      bestEffort(() => this.#calls.enter(directory, this.#targets.leader));
  }

  /** A child keeps its pid until this process reaps it. */
  #isLeader(pid: number): boolean {
    return pid === this.#targets.leader && this.#calls.stat(pid)?.parent === process.pid;
  }

  #move(one: Descendant, directory: string): boolean {
    if (!this.#isSame(one)) return false;
    try {
      this.#calls.enter(directory, one.pid);
      return true;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      // This process may not take it from its cgroup, or the new cgroup may not hold processes.
      this.#refused.add(keyOf(one));
      return false;
    }
  }

  #isSame({ pid, startTime }: Descendant): boolean {
    const stat = this.#calls.stat(pid);
    return stat?.startTime === startTime && mayFork(stat);
  }

  /** The members, if all belong to the run; undefined if a stranger remains that cannot be moved out. */
  #recognised(directory: string): Descendant[] | undefined {
    for (let attempts = 0; attempts < MOST_EXPULSIONS; attempts++) {
      const found: Descendant[] = [];
      const relatives = new Set([this.#targets.leader]);
      let areAllOurs = true;
      // In the order in which they entered: parents before the children that they forked.
      for (const pid of this.#calls.members(directory)) {
        if (this.#isLeader(pid)) continue;
        const one = this.#targets.recognise(pid, relatives);
        if (one) {
          found.push(one);
          relatives.add(pid);
        } else if (mayFork(this.#calls.stat(pid))) {
          areAllOurs = false;
          this.#moveBack(pid);
        }
      }
      if (areAllOurs) return found;
    }
    return undefined;
  }

  /**
   * Moves a stranger to its parent's cgroup, where fork(2) made it: the stranger got its pid between the look
   * and the write, so it is microseconds old. If the parent's is unknown, this process's own is the best
   * guess.
   */
  #moveBack(pid: number): void {
    const home = this.#calls.of(this.#calls.stat(pid)?.parent ?? 0);
    const homes = home === undefined || home === this.#directory ? [this.#parent] : [home, this.#parent];
    homes.some((directory) => succeeds(() => this.#calls.enter(directory, pid)));
  }
}

/** An exiting process neither forks nor can be moved. */
function mayFork(stat: ProcessStat | undefined): boolean {
  return stat !== undefined && isLive(stat) && !stat.isExiting;
}

/** Whether the action has neither failed nor returned false. */
function succeeds(action: () => unknown): boolean {
  let hasSucceeded = false;
  bestEffort(() => {
    hasSucceeded = action() !== false;
  });
  return hasSucceeded;
}
