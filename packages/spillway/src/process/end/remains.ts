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
import { KILL_PATIENCE_MS, whenGone } from './aftermath.js';
import { type Descendant, keyOf, signalEach } from './descendant.js';
import type { Leftover } from './descendants.js';

/**
 * Ends every process of a run: those that have its mark in their environment, their children, and the
 * sessions that they lead. Resolves when none is left, or when SIGKILL does not help, with their fates.
 * Errors: OptionError for no mark, or that of a run that this program is part of; SystemError when /proc
 * cannot be read.
 */
export async function endRemains(mark: string, { signal, grace }: Termination): Promise<Leftover[]> {
  requireOther(mark);
  const known = new Map<string, Leftover>();
  const look = () => {
    const found = remainsOf(mark);
    for (const one of found)
      if (!known.has(keyOf(one)))
        known.set(keyOf(one), {
          pid: one.pid,
          command: commandOf(one.pid) ?? `process ${one.pid}`,
          descriptors: [],
          leftGroup: false,
          action: 'left',
        });
    return found;
  };
  const send = (those: readonly Descendant[], what: number) => {
    for (const one of those) {
      const leftover = known.get(keyOf(one));
      if (leftover) known.set(keyOf(one), { ...leftover, action: 'killed', signal: signalName(what) });
    }
    signalEach(those, what);
    // A stopped process acts only on SIGKILL until it is continued.
    if (what !== signals.SIGKILL) signalEach(those, signals.SIGCONT);
  };
  let rest = look();
  if (rest.length === 0) return [];
  send(rest, signal);
  const killAt = monotonicMs() + (signal === signals.SIGKILL ? 0 : grace);
  const told = new Set(rest.map(keyOf));
  await new Promise<void>((resolve) => {
    const isOver = () => {
      rest = look();
      const isTime = monotonicMs() >= killAt;
      const those = isTime ? rest : rest.filter((one) => !told.has(keyOf(one)));
      for (const one of those) told.add(keyOf(one));
      send(those, isTime ? signals.SIGKILL : signal);
      return rest.length === 0 || monotonicMs() >= killAt + KILL_PATIENCE_MS;
    };
    whenGone(nodeTimers, isOver, resolve);
  });
  const survivors = new Set(rest.map(keyOf));
  return [...known].map(([key, one]) => (survivors.has(key) ? { ...one, action: 'survived' } : one));
}

function requireOther(mark: string): void {
  const refuse = (allowed: string) => new OptionError('mark', mark, allowed);
  if (!isMark(mark)) throw refuse('what child.mark was, such as 4711-2f5k0d3c1a.7;');
  if (includesMark(OUTER_MARKS, mark)) throw refuse('of another run than the one that this program is in');
}

function remainsOf(mark: string): Descendant[] {
  const all = allProcesses();
  if (!all) throw new SystemError('open', errnoOf.ENOENT, 'looking for the remains of a run in /proc');
  const members = new Map<number, Descendant>();
  const others: ProcessStat[] = [];
  for (const pid of all) {
    const stat = processStat(pid);
    if (!stat || !isLive(stat)) continue;
    if (includesMark(marksIn(environmentOf(pid)), mark)) members.set(pid, asMember(stat));
    else others.push(stat);
  }
  if (members.size === 0) return [];
  const isKin = ({ parent, session, startTime }: ProcessStat) =>
    members.has(session) || Number(members.get(parent)?.startTime ?? Infinity) <= Number(startTime);
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const stat of others)
      if (!members.has(stat.pid) && isKin(stat) && !isThread(stat.pid)) members.set(stat.pid, asMember(stat));
  }
  return [...members.values()];
}

function asMember({ pid, startTime }: ProcessStat): Descendant {
  return { pid, startTime, inGroup: false };
}
