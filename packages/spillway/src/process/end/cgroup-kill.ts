/**
 * Ends what is left of a run as one, where this process may make cgroups: it moves all that is known of the
 * run into a new one, and has the kernel kill that (cgroup.kill). What one of them forks after it was moved
 * is in there as well, so none can get away by forking faster than it is found.
 *
 * A run that ends by itself never comes here. To start each child in a cgroup of its own would cost every run
 * a shell in front of the program, or a move, for what nearly none needs.
 *
 * A number is all that cgroup.procs takes, and it may be a stranger's by the time it is written. So nothing
 * is killed before each member has been recognised; who is not goes back to where it was.
 */
import { join } from 'node:path';
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
import type { Descendant } from './descendants.js';

/** Who is to be ended. */
export interface KillTargets {
  /** The child, which is none of its own descendants. */
  readonly leader: number;
  /** Its descendants that live now; undefined where nobody knows. */
  find(): readonly Descendant[] | undefined;
  /** The live process of this number, if it is a descendant; children of `relatives` are. */
  recognise(pid: number, relatives: ReadonlySet<number>): Descendant | undefined;
}

/** What it asks of the kernel; a fake stands here in the tests of races. */
export interface CgroupCalls {
  /** Where cgroups may be made; undefined where they may not. */
  delegated(): string | undefined;
  /** The cgroup of a process. */
  of(pid: number): string | undefined;
  stat(pid: number): ProcessStat | undefined;
  /** The process that was made last. */
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

/**
 * So long may it hold up the event loop. It does so only for a storm of forks, to which most of that time
 * goes.
 */
const LONGEST_TURN_MS = 200;
/** Others on this machine may fork all the time. */
const MOST_VAIN_LOOKS = 64;
/** A stranger may have forked before it was moved back. */
const MOST_EXPULSIONS = 4;

export class CgroupKill {
  readonly #targets: KillTargets;
  readonly #calls: CgroupCalls;
  /** Those that could not be moved. */
  readonly #refused = new Set<string>();
  /** The process that was made last before the last look. */
  #newest: number | undefined;
  #vainLooks = 0;
  /** Some have been moved in there since it was killed last. */
  #hasLivingMembers = false;
  /** Nothing to be moved was left outside by the last call. */
  #isThorough = true;
  /** Where the directory is; empty while there is none. */
  #parent = '';
  #directory: string | undefined;

  constructor(targets: KillTargets, calls = kernel) {
    this.#targets = targets;
    this.#calls = calls;
  }

  /**
   * Kills what lives of the run, and the leader with it if that still runs. Returns the descendants that were
   * killed in this way: none where it cannot be done, or the call before has done it.
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

  /** Whether nobody is left for whom signals would be needed. */
  get hasKilledAll(): boolean {
    return (
      this.#directory !== undefined && this.#isThorough && !this.#hasLivingMembers && this.#refused.size === 0
    );
  }

  /**
   * Removes the directory, and says whether nothing is left to be done. Until then `kill` is to be called
   * again, now and then, since a call gives up after a while. Zombies do not keep the directory, but what is
   * still dying does.
   */
  tryToFinish(): boolean {
    return this.#isThorough && this.#remove();
  }

  /** Nobody waits any longer for what is in there to die. */
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

  /** Until nobody is outside, and nobody is being made who might be. */
  #moveAll(parent: string, leaderRuns: boolean): void {
    const end = performance.now() + LONGEST_TURN_MS;
    while (!this.#isThorough && performance.now() < end) {
      const newest = this.#calls.lastPid();
      // Whoever was there at the last look was seen, and nobody has been made since.
      if (newest !== undefined && newest === this.#newest) {
        this.#isThorough = true;
        return;
      }
      this.#newest = newest;
      const outside = this.#outside();
      // Somebody has forked; perhaps one of them, who was gone again before the look.
      if (outside.length === 0) this.#isThorough = ++this.#vainLooks > MOST_VAIN_LOOKS;
      else if (!this.#moveEach(outside, parent, leaderRuns)) this.#isThorough = true;
    }
  }

  /** False where there can be no cgroup to move them into. */
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

  /** A child keeps its number until it is reaped here. */
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
      // It is where this process may not take it from, or nothing may be in there.
      this.#refused.add(keyOf(one));
      return false;
    }
  }

  #isSame({ pid, startTime }: Descendant): boolean {
    const stat = this.#calls.stat(pid);
    return stat?.startTime === startTime && mayFork(stat);
  }

  /**
   * Those in there, when all of them are the run's own; undefined when somebody is not, and cannot be moved
   * out.
   */
  #recognised(directory: string): Descendant[] | undefined {
    for (let attempts = 0; attempts < MOST_EXPULSIONS; attempts++) {
      const found: Descendant[] = [];
      const relatives = new Set([this.#targets.leader]);
      let areAllOurs = true;
      // In the order in which they came, which for forks is parents first.
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
   * Its number was given out between the look and the write, so it has lived for microseconds, and fork(2)
   * puts a process where its parent is. Where that cannot be found, nobody is nearer than this process.
   */
  #moveBack(pid: number): void {
    const home = this.#calls.of(this.#calls.stat(pid)?.parent ?? 0);
    const homes = home === undefined || home === this.#directory ? [this.#parent] : [home, this.#parent];
    homes.some((directory) => succeeds(() => this.#calls.enter(directory, pid)));
  }
}

/** Once it exits, it neither forks nor is moved. */
function mayFork(stat: ProcessStat | undefined): boolean {
  return stat !== undefined && isLive(stat) && !stat.isExiting;
}

/** Whether it has neither thrown nor answered false. */
function succeeds(action: () => unknown): boolean {
  let hasSucceeded = false;
  bestEffort(() => {
    hasSucceeded = action() !== false;
  });
  return hasSucceeded;
}

function keyOf({ pid, startTime }: Descendant): string {
  return `${pid} ${startTime}`;
}
