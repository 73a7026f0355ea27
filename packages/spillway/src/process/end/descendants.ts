/** Processes that a child leaves behind: in its process group, or elsewhere and recognised by the mark. */
import { monotonicMs } from '../../base/index.js';
import {
  commandOf,
  environmentOf,
  isLive,
  isThread,
  type ProcessStat,
  pipeInodesOf,
  processStat,
  signalName,
} from '../../system/index.js';
import { includesMark, marksIn } from '../mark.js';
import { type Census, type Counted, isYoung, type Stranger } from '../wait/index.js';
import { type Descendant, keyOf, statOf } from './descendant.js';
import { kinOf } from './kin.js';

/** A process that the command left behind, and its fate. */
export interface Leftover {
  readonly pid: number;
  /** Its command line as read from /proc, or its name in brackets. */
  readonly command: string;
  /** What it held open: `'stdin'`, `'stdout'`, `'stderr'`, `'channel jobs'`, `'descriptor 5'`. */
  readonly descriptors: readonly string[];
  /** Whether it had left the command's process group, as a daemon does. */
  readonly leftGroup: boolean;
  /**
   * `'killed'`: it has ended after a signal from Spillway; `'left'`: it lives on; `'awaited'`: it ended by
   * itself; `'survived'`: SIGKILL did not end it, since it is stuck in the kernel or runs as another user.
   */
  readonly action: 'killed' | 'left' | 'awaited' | 'survived';
  /** With `'killed'` and `'survived'`: the last signal that Spillway sent it, such as `'SIGTERM'`. */
  readonly signal?: NodeJS.Signals;
  /**
   * `'cgroup.kill'`: the kernel killed it together with its newest forks, where this process may make
   * cgroups. Absent if a signal ended it, or nothing did.
   */
  readonly killedBy?: 'cgroup.kill';
}

/** How a leftover has been told to end. */
interface Ended {
  readonly signal: number;
  readonly killedBy?: Leftover['killedBy'];
}

/** A pipe between the command and this process. */
export interface ChildPipe {
  /** As `Leftover.descriptors` has it. */
  readonly name: string;
  /** `isHeld`: whether any process still has its other end; false for a channel, which is not looked for. */
  readonly pipe: { readonly inode: number; readonly isHeld: boolean };
}

export interface Ancestry {
  /** The child, whose process group has the same number. */
  readonly leader: number;
  /** See Mark. */
  readonly mark: string;
  readonly census: Census;
  /** Whether every orphan that this process adopts is a descendant of its runs. */
  readonly adoptsOrphans: boolean;
  /** Whether the leader's number, and its group's, are still its own. */
  holdsNumber(): boolean;
  /** The pipe behind each standard stream that is still open here, and behind each channel. */
  pipes(): readonly ChildPipe[];
}

const NONE: readonly Descendant[] = [];
/** One millisecond apart, for all processes together, in each turn. */
const MOST_LOOKS = 3;
const TURN_MS = 50;
const NEVER_NOTIFIED = new Int32Array(new SharedArrayBuffer(4));

export class Descendants {
  readonly #ancestry: Ancestry;
  /** A turn of looks at processes in the middle of execve(2). */
  #turn = { sinceMs: Number.NEGATIVE_INFINITY, looks: 0 };
  #unseen = false;
  readonly #known = new Map<string, { leftover: Leftover; descendant: Descendant }>();

  constructor(ancestry: Ancestry) {
    this.#ancestry = ancestry;
  }

  get leader(): number {
    return this.#ancestry.leader;
  }

  /** The live descendants, which it adds to the report; undefined if /proc cannot be read. */
  look(): readonly Descendant[] | undefined {
    const found = this.find();
    for (const one of found ?? []) this.#remember(one);
    return found;
  }

  /** Like `look`, without adding to the report; for the hot path. */
  find(): readonly Descendant[] | undefined {
    const { census, leader, mark } = this.#ancestry;
    const counted = census.descendantsAfter(leader, mark);
    this.#unseen = counted === undefined;
    if (!counted) return undefined;
    const strangers = census.strangersAfter(leader);
    if (counted.length === 0 && this.#known.size === 0 && !this.#mayHaveKinAmong(strangers)) return NONE;
    const found: Descendant[] = [];
    const gone: number[] = [];
    const holdsNumber = this.#ancestry.holdsNumber();
    const asDescendant = (stat: ProcessStat): Descendant => {
      const { pid, startTime, parent, session } = stat;
      return { pid, startTime, parent, session, inGroup: holdsNumber && isMember(stat, leader) };
    };
    const consider = (pid: number, counted?: Counted) => {
      const stat = processStat(pid);
      if (!stat || !isLive(stat)) gone.push(pid);
      else if (
        this.#known.has(keyOf(stat)) ||
        // What the census saw stays true: by now it may have left the group, or be in execve(2).
        (counted?.startTime === stat.startTime && this.#wasOurs(counted) && !isThread(pid)) ||
        this.#isOurs(stat, holdsNumber)
      )
        found.push(asDescendant(stat));
    };
    for (const one of counted) consider(one.pid, one);
    // A dying process loses its environment before /proc shows it dead, so a census may miss it.
    const seen = new Set(counted.map(({ pid }) => pid));
    for (const { descendant } of this.#known.values())
      if (!seen.has(descendant.pid)) consider(descendant.pid);
    census.forget(gone);
    if (strangers.length > 0 && holdsNumber) {
      const heldPipes = () => this.#ancestry.pipes().flatMap(({ pipe }) => (pipe.isHeld ? pipe.inode : []));
      found.push(...kinOf({ leader, members: found, strangers, heldPipes }).map(asDescendant));
    }
    return found;
  }

  /**
   * Whether the last look has met a process in the middle of execve(2), which shows no mark, and may be a
   * descendant. True for at most `LOADED_EXECVE_MS` for any one of them.
   */
  get areUnsettled(): boolean {
    return this.#ancestry.census.isUnsettledAfter(this.leader);
  }

  /** Whether the last look failed to read /proc. */
  get areUnseen(): boolean {
    return this.#unseen;
  }

  /** All processes seen by any look, with their fate: `'left'` unless `note` has set another. */
  report(): Leftover[] {
    return [...this.#known.values()].map(({ leftover }) => leftover);
  }

  /**
   * The live process with this pid, if it is a descendant; children of `relatives` are. For the moment of the
   * kill: it waits for an environment that execve(2) has not filled yet, some milliseconds for all of them.
   */
  recognise(pid: number, relatives: ReadonlySet<number>): Descendant | undefined {
    const stat = processStat(pid);
    if (!stat || !isLive(stat)) return undefined;
    const isKnown = this.#known.has(keyOf(stat)) || relatives.has(stat.parent);
    const { leader } = this.#ancestry;
    const holdsNumber = this.#ancestry.holdsNumber();
    if (!isKnown && !this.#isOurs(stat, holdsNumber, () => this.#settledEnvironment(stat))) return undefined;
    const one = { pid, startTime: stat.startTime, inGroup: holdsNumber && isMember(stat, leader) };
    this.#remember(one);
    return one;
  }

  /** These have been sent a signal. */
  note(those: readonly Descendant[], { signal, killedBy }: Ended): void {
    for (const one of those) {
      const known = this.#known.get(keyOf(one));
      if (!known) continue;
      const by = killedBy ?? known.leftover.killedBy;
      const action = 'killed';
      known.leftover = {
        ...known.leftover,
        action,
        signal: signalName(signal),
        ...(by && { killedBy: by }),
      };
    }
  }

  /** Updates the report: some processes have ended by themselves, others have survived SIGKILL. */
  update(): void {
    for (const known of this.#known.values()) {
      const { descendant, leftover } = known;
      const stat = statOf(descendant);
      const lives = stat !== undefined && isLive(stat);
      // The run waited for the end of its streams, which close a moment before it becomes a zombie.
      if (leftover.action === 'left' && (!lives || stat.isExiting))
        known.leftover = { ...leftover, action: 'awaited' };
      if (leftover.action === 'killed' && lives) {
        const { killedBy: _, ...rest } = leftover;
        known.leftover = { ...rest, action: 'survived' };
      }
    }
  }

  /** Whether strangers may be kin of a leader without other descendants: for the hot path. */
  #mayHaveKinAmong(strangers: readonly Stranger[]): boolean {
    if (strangers.length === 0) return false;
    const { leader, pipes } = this.#ancestry;
    return strangers.some(({ parent }) => parent === leader) || pipes().some(({ pipe }) => pipe.isHeld);
  }

  /** By what the census saw, at a time when the leader had its number. */
  #wasOurs({ group, session, marks }: Counted): boolean {
    const { leader, mark, holdsNumber } = this.#ancestry;
    return includesMark(marks, mark) || (holdsNumber() && (group === leader || session === leader));
  }

  #isOurs(stat: ProcessStat, holdsNumber: boolean, environment = () => environmentOf(stat.pid)): boolean {
    const { pid, parent } = stat;
    const { leader, mark, adoptsOrphans } = this.#ancestry;
    const is =
      (holdsNumber && isMember(stat, leader)) ||
      (adoptsOrphans && parent === process.pid) ||
      includesMark(marksIn(environment()), mark);
    return is && !isThread(pid);
  }

  /**
   * The environment of a process, without catching a young one in the middle of execve(2), if that ends soon.
   */
  #settledEnvironment({ pid, startTime }: ProcessStat): string | undefined {
    for (;;) {
      const environment = environmentOf(pid);
      if (environment !== '' || !isYoung(startTime) || !this.#mayWait()) return environment;
      // An exiting process has released its memory, and its environment stays empty.
      const now = processStat(pid);
      if (!now || !isLive(now) || now.isExiting) return environment;
      Atomics.wait(NEVER_NOTIFIED, 0, 0, 1);
    }
  }

  #mayWait(): boolean {
    const now = monotonicMs();
    if (now - this.#turn.sinceMs > TURN_MS) this.#turn = { sinceMs: now, looks: 0 };
    return this.#turn.looks++ < MOST_LOOKS;
  }

  #remember(descendant: Descendant): void {
    const key = keyOf(descendant);
    if (this.#known.has(key)) return;
    const { pid, inGroup } = descendant;
    const held = pipeInodesOf(pid);
    const names = this.#ancestry.pipes().flatMap(({ name, pipe }) => (held.has(pipe.inode) ? name : []));
    // A channel that goes both ways has two pipes.
    const descriptors = [...new Set(names)];
    const command = commandOf(pid) ?? `process ${pid}`;
    this.#known.set(key, {
      descendant,
      leftover: { pid, command, descriptors, leftGroup: !inGroup, action: 'left' },
    });
  }
}

/** In the leader's group or session: a shell on a terminal gives each job its own group. */
function isMember({ group, session }: ProcessStat, leader: number): boolean {
  return group === leader || session === leader;
}
