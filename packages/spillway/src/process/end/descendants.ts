/**
 * What a child has started and left behind: in its process group, or elsewhere and recognised by its mark.
 */
import {
  closeDescriptor,
  commandOf,
  environmentOf,
  isLive,
  isThread,
  kill,
  openPidfd,
  type ProcessStat,
  pipesOf,
  processStat,
  SystemError,
  signalPidfd,
} from '../../system/index.js';
import { type Census, settledEnvironmentOf } from '../wait/index.js';

/** A process that the command left behind, and what became of it. */
export interface Leftover {
  readonly pid: number;
  /** Its command line as /proc showed it, or its name in brackets. */
  readonly command: string;
  /** Which of the command's standard streams it held open. */
  readonly descriptors: readonly ('stdin' | 'stdout' | 'stderr')[];
  /** Whether it had left the command's process group, as a daemon does. */
  readonly leftGroup: boolean;
  /**
   * `'killed'`; `'left'` to live on; `'awaited'`: it has ended by itself; `'survived'` SIGKILL, being stuck
   * in the kernel or another user's.
   */
  readonly action: 'killed' | 'left' | 'awaited' | 'survived';
  /**
   * `'cgroup.kill'`: the kernel ended it with all that it was forking at that moment, as this process may
   * make cgroups. Absent where a signal did, or nothing.
   */
  readonly killedBy?: 'cgroup.kill';
}

/** One that lives. */
export interface Descendant {
  readonly pid: number;
  readonly startTime: string;
  readonly inGroup: boolean;
}

export interface Ancestry {
  /** The child, whose process group has the same number. */
  readonly leader: number;
  /** See Mark. */
  readonly mark: string;
  readonly census: Census;
  /** Whether orphans that come to this process can only be descendants of its runs. */
  readonly adoptsOrphans: boolean;
  /** The inode of the pipe behind each standard stream that is still open here. */
  pipes(): readonly (readonly ['stdin' | 'stdout' | 'stderr', number])[];
}

const NONE: readonly Descendant[] = [];

export class Descendants {
  readonly #ancestry: Ancestry;
  readonly #since = performance.now();
  #unseen = false;
  readonly #known = new Map<string, { leftover: Leftover; descendant: Descendant }>();

  constructor(ancestry: Ancestry) {
    this.#ancestry = ancestry;
  }

  get leader(): number {
    return this.#ancestry.leader;
  }

  /** Those that live now, which are reported from now on; undefined where /proc does not tell. */
  look(): readonly Descendant[] | undefined {
    const found = this.find();
    for (const one of found ?? []) this.#remember(one);
    return found;
  }

  /** The same, but for the report: for who has to be quick. */
  find(): readonly Descendant[] | undefined {
    const { census, leader, mark } = this.#ancestry;
    const counted = census.descendantsAfter(leader, performance.now() - this.#since, mark);
    this.#unseen = counted === undefined;
    if (!counted || (counted.length === 0 && this.#known.size === 0)) return counted && NONE;
    // One that dies has lost its environment before it is seen to be dead: a census that is taken then does
    // not count it.
    const candidates = new Set([...counted, ...this.report().map(({ pid }) => pid)]);
    const found: Descendant[] = [];
    const gone = new Set<number>();
    for (const pid of candidates) {
      const stat = processStat(pid);
      if (!stat || !isLive(stat)) gone.add(pid);
      else if (this.#known.has(keyOf(stat)) || this.#isOurs(stat))
        found.push({ pid, startTime: stat.startTime, inGroup: isMember(stat, leader) });
    }
    census.forget(gone);
    return found;
  }

  /** Whether the last look could not be taken. */
  get areUnseen(): boolean {
    return this.#unseen;
  }

  /** What was seen at any look, with what became of each: `'left'` unless `note` said something else. */
  report(): Leftover[] {
    return [...this.#known.values()].map(({ leftover }) => leftover);
  }

  /**
   * The live process of this number, if it is one of them, as children of `relatives` are: for the moment at
   * which all are ended.
   */
  recognise(pid: number, relatives: ReadonlySet<number>): Descendant | undefined {
    const stat = processStat(pid);
    if (!stat || !isLive(stat)) return undefined;
    const isKnown = this.#known.has(keyOf(stat)) || relatives.has(stat.parent);
    if (!isKnown && !this.#isOurs(stat, settledEnvironmentOf)) return undefined;
    const one = { pid, startTime: stat.startTime, inGroup: isMember(stat, this.#ancestry.leader) };
    this.#remember(one);
    return one;
  }

  note(those: readonly Descendant[], action: Leftover['action'], killedBy?: Leftover['killedBy']): void {
    for (const one of those) {
      const known = this.#known.get(keyOf(one));
      if (!known) continue;
      const { killedBy: before, ...rest } = known.leftover;
      const by = killedBy ?? before;
      known.leftover = { ...rest, action, ...(action === 'killed' && by ? { killedBy: by } : {}) };
    }
  }

  /** Brings the report up to date: who has gone by itself, and who has not gone as it should have. */
  update(): void {
    for (const { descendant, leftover } of [...this.#known.values()]) {
      const stat = statOf(descendant);
      const lives = stat !== undefined && isLive(stat);
      // Its streams, for whose end was waited, are closed a moment before it is a zombie.
      if (leftover.action === 'left' && (!lives || stat.isExiting)) this.note([descendant], 'awaited');
      if (leftover.action === 'killed' && lives) this.note([descendant], 'survived');
    }
  }

  #isOurs(stat: ProcessStat, environmentFor = (of: ProcessStat) => environmentOf(of.pid)): boolean {
    const { pid, parent } = stat;
    const { leader, mark, adoptsOrphans } = this.#ancestry;
    const is =
      isMember(stat, leader) ||
      (adoptsOrphans && parent === process.pid) ||
      environmentFor(stat)?.includes(mark);
    return (is ?? false) && !isThread(pid);
  }

  #remember(descendant: Descendant): void {
    const key = keyOf(descendant);
    if (this.#known.has(key)) return;
    const { pid, inGroup } = descendant;
    const held = pipesOf(pid);
    const descriptors = this.#ancestry.pipes().flatMap(([name, inode]) => (held.has(inode) ? [name] : []));
    const command = commandOf(pid) ?? `process ${pid}`;
    this.#known.set(key, {
      descendant,
      leftover: { pid, command, descriptors, leftGroup: !inGroup, action: 'left' },
    });
  }
}

/**
 * Of the leader's group; or of its session, if it leads one: the jobs of a shell on a terminal have groups of
 * their own.
 */
function isMember({ group, session }: ProcessStat, leader: number): boolean {
  return group === leader || session === leader;
}

/**
 * Signals just these processes, whoever has their numbers by now. One that may not be signalled is passed
 * over: that it goes on living is found out.
 */
export function signalEach(those: readonly Descendant[], signal: number): void {
  for (const one of those) {
    try {
      if (!signalByDescriptor(one, signal) && isSame(one)) kill(one.pid, signal);
    } catch (error) {
      if (!(error instanceof SystemError && error.code === 'EPERM')) throw error;
    }
  }
}

/**
 * False where it is not there, or there is no such descriptor to be had: then the time of its start must do.
 */
function signalByDescriptor(one: Descendant, signal: number): boolean {
  const fd = pidfdOf(one);
  if (fd === undefined) return false;
  try {
    // It may be that of a later process, unless this one is still there now.
    return isSame(one) && signalPidfd(fd, signal);
  } finally {
    closeDescriptor(fd);
  }
}

function pidfdOf({ pid }: Descendant): number | undefined {
  try {
    return openPidfd(pid);
  } catch {
    return undefined;
  }
}

function isSame(descendant: Descendant): boolean {
  const stat = statOf(descendant);
  return stat !== undefined && isLive(stat);
}

/** Undefined when it is gone, whoever has its number now. */
function statOf({ pid, startTime }: Descendant): ProcessStat | undefined {
  const stat = processStat(pid);
  return stat?.startTime === startTime ? stat : undefined;
}

function keyOf({ pid, startTime }: Pick<Descendant, 'pid' | 'startTime'>): string {
  return `${pid} ${startTime}`;
}
