/** What is left of a run whose program has died: found by the mark alone, and ended. */
import { monotonicMs, nodeTimers, OptionError } from '../../base/index.js';
import {
  allProcesses,
  commandOf,
  environmentOf,
  errnoOf,
  isLive,
  isThread,
  type ProcessStat,
  processStat,
  SystemError,
  signalName,
  signals,
} from '../../system/index.js';
import { includesMark, isMark, marksIn, OUTER_MARKS } from '../mark.js';
import type { Termination } from '../policy.js';
import { KERNEL_THREADS, mayBeInExecve } from '../wait/index.js';
import { KILL_PATIENCE_MS, whenGone } from './aftermath.js';
import { type Descendant, keyOf, signalEach } from './descendant.js';
import type { Leftover } from './descendants.js';

/** Looks that must find nothing: a process may have forked between the list of /proc and the look at it. */
const EMPTY_LOOKS = 2;

/**
 * Ends every process of a run: those that have its mark in their environment, their children, and the
 * sessions that they lead. Resolves when none is left, or when SIGKILL does not help, with their fates.
 * Errors: OptionError for no mark, or that of a run that this program is part of; SystemError when /proc
 * cannot be read.
 */
export async function endRemains(mark: string, { signal, grace }: Termination): Promise<Leftover[]> {
  requireOther(mark);
  const remains = new Remains(mark);
  const killAt = monotonicMs() + (signal === signals.SIGKILL ? 0 : grace);
  const told = new Set<string>();
  let empty = 0;
  await new Promise<void>((resolve, reject) => {
    const isOver = () => {
      const rest = remains.look();
      const isTime = monotonicMs() >= killAt;
      const those = isTime ? rest : rest.filter((one) => !told.has(keyOf(one)));
      for (const one of those) told.add(keyOf(one));
      remains.send(those, isTime ? signals.SIGKILL : signal);
      empty = rest.length === 0 && !remains.areUnsettled ? empty + 1 : 0;
      return empty >= EMPTY_LOOKS || monotonicMs() >= killAt + KILL_PATIENCE_MS;
    };
    const isOverOrFails = () => {
      try {
        return isOver();
      } catch (error) {
        reject(error);
        return true;
      }
    };
    whenGone(nodeTimers, isOverOrFails, resolve);
  });
  return remains.report();
}

function requireOther(mark: string): void {
  const refuse = (allowed: string) => new OptionError('mark', mark, allowed);
  if (!isMark(mark)) throw refuse('what child.mark was, such as 4711-2f5k0d3c1a.7;');
  if (includesMark(OUTER_MARKS, mark)) throw refuse('of another run than the one that this program is in');
}

/** The processes of a run, as the last look has found them. */
class Remains {
  readonly #mark: string;
  readonly #known = new Map<string, Leftover>();
  /** Without variables, since when: in the middle of execve(2) a process shows none. */
  readonly #bare = new Map<string, number>();
  #alive: readonly Descendant[] = [];
  #areUnsettled = false;

  constructor(mark: string) {
    this.#mark = mark;
  }

  /** Whether the last look has met a process that may be one of them, in the middle of execve(2). */
  get areUnsettled(): boolean {
    return this.#areUnsettled;
  }

  look(): readonly Descendant[] {
    const all = allProcesses();
    if (!all) throw new SystemError('open', errnoOf.ENOENT, 'looking for the remains of a run in /proc');
    const members = new Map<number, Descendant>();
    const others: ProcessStat[] = [];
    this.#areUnsettled = false;
    for (const pid of all) {
      const stat = processStat(pid);
      if (!stat || !isLive(stat)) continue;
      const environment = environmentOf(pid);
      if (includesMark(marksIn(environment), this.#mark)) members.set(pid, asMember(stat));
      else others.push(stat);
      if (environment === '' && this.#mayBeInExecve(stat)) this.#areUnsettled = true;
    }
    if (members.size > 0) addKin(members, others);
    this.#alive = [...members.values()];
    for (const one of this.#alive) this.#remember(one);
    return this.#alive;
  }

  send(those: readonly Descendant[], signal: number): void {
    for (const one of those) {
      const leftover = this.#known.get(keyOf(one)) as Leftover;
      this.#known.set(keyOf(one), { ...leftover, action: 'killed', signal: signalName(signal) });
    }
    signalEach(those, signal);
    // A stopped process acts only on SIGKILL until it is continued.
    if (signal !== signals.SIGKILL) signalEach(those, signals.SIGCONT);
  }

  report(): Leftover[] {
    const alive = new Set(this.#alive.map(keyOf));
    return [...this.#known].map(([key, one]) => (alive.has(key) ? { ...one, action: 'survived' } : one));
  }

  #mayBeInExecve(stat: ProcessStat): boolean {
    if (stat.parent === KERNEL_THREADS || stat.pid === KERNEL_THREADS) return false;
    const now = monotonicMs();
    const since = this.#bare.get(keyOf(stat)) ?? now;
    this.#bare.set(keyOf(stat), since);
    return mayBeInExecve(now - since, stat);
  }

  #remember(one: Descendant): void {
    if (this.#known.has(keyOf(one))) return;
    const { pid } = one;
    const command = commandOf(pid) ?? `process ${pid}`;
    this.#known.set(keyOf(one), { pid, command, descriptors: [], leftGroup: false, action: 'left' });
  }
}

/** Children of members, and the sessions that they lead. */
function addKin(members: Map<number, Descendant>, others: readonly ProcessStat[]): void {
  const isKin = ({ parent, session, startTime }: ProcessStat) =>
    members.has(session) || Number(members.get(parent)?.startTime ?? Infinity) <= Number(startTime);
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const stat of others)
      if (!members.has(stat.pid) && isKin(stat) && !isThread(stat.pid)) members.set(stat.pid, asMember(stat));
  }
}

function asMember({ pid, startTime }: ProcessStat): Descendant {
  return { pid, startTime, inGroup: false };
}
