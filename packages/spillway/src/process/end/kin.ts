/**
 * Finds descendants that show no mark: a program that writes its title over its environment (setproctitle),
 * that has none, or that others may not look into (PR_SET_DUMPABLE). What relates it to the run is
 * - that a member is its parent, or was when it was counted;
 * - that it is in a session that a member is in, other than this program's: only descendants can join that;
 * - that it is the parent of a member, and younger than the command;
 * - that it holds the write end of a pipe from the command to this program.
 */
import {
  environmentOf,
  isInitOfNamespace,
  isLive,
  isThread,
  type ProcessStat,
  pipesWrittenBy,
  processStat,
} from '../../system/index.js';
import { type Stranger, showsVariables } from '../wait/index.js';
import type { Descendant } from './descendant.js';

export interface Family {
  readonly leader: number;
  /** Descendants that the look has found otherwise. */
  readonly members: readonly Descendant[];
  /** Processes that are younger than the leader, and may be kin. */
  readonly strangers: readonly Stranger[];
  /** The inodes of the pipes that others than this program may hold the write ends of. */
  heldPipes(): readonly number[];
}

/** What each of them held when it was looked at: pipes are inherited, so a process never gets more. */
const pipesHeld = new WeakMap<Stranger, ReadonlySet<number>>();
let ownSession: number | undefined;

/** Each with its line in /proc, in the order of their relation. */
export function kinOf({ leader, members, strangers, heldPipes }: Family): ProcessStat[] {
  // 0 stands for one outside of this pid namespace.
  ownSession ??= processStat(process.pid)?.session ?? 0;
  const starts = new Map([[leader, 0]]);
  const parents = new Set<number>();
  const sessions = new Set<number>();
  const add = ({ pid, startTime, parent = 0, session = 0 }: Omit<Descendant, 'inGroup'>) => {
    starts.set(pid, Number(startTime));
    parents.add(parent);
    if (session !== 0 && session !== ownSession) sessions.add(session);
  };
  for (const one of members) add(one);
  const found: ProcessStat[] = [];
  const left = new Set(strangers.filter(({ pid }) => !starts.has(pid)));
  const take = (one: Stranger, stat: ProcessStat | undefined) => {
    left.delete(one);
    if (!stat || isThread(stat.pid)) return;
    add(stat);
    found.push(stat);
  };
  /** Whether a member has been its parent: that one has had its number all the time in between. */
  const isChild = ({ parent, startTime }: Stranger) => (starts.get(parent) ?? Infinity) <= Number(startTime);
  const addRelatives = () => {
    for (let before = -1; before !== found.length; ) {
      before = found.length;
      for (const one of left) {
        const mayBe = isChild(one) || sessions.has(one.session) || parents.has(one.pid);
        const stat = mayBe ? sameNow(one) : undefined;
        if (!stat) continue;
        if (isChild(one) || sessions.has(stat.session) || (parents.has(stat.pid) && isHidden(stat.pid)))
          take(one, stat);
      }
    }
  };
  addRelatives();
  if (left.size === 0) return found;
  const pipes = heldPipes();
  if (pipes.length === 0) return found;
  for (const one of left) {
    if (!pipes.some((inode) => pipesOf(one).has(inode))) continue;
    // It may have closed them since.
    const now = pipesWrittenBy(one.pid);
    if (pipes.some((inode) => now.has(inode))) take(one, sameNow(one));
  }
  addRelatives();
  return found;
}

function pipesOf(one: Stranger): ReadonlySet<number> {
  let pipes = pipesHeld.get(one);
  if (!pipes) {
    pipes = pipesWrittenBy(one.pid);
    pipesHeld.set(one, pipes);
  }
  return pipes;
}

function sameNow({ pid, startTime }: Stranger): ProcessStat | undefined {
  const stat = processStat(pid);
  return stat?.startTime === startTime && isLive(stat) ? stat : undefined;
}

/**
 * Whether it shows no environment. One that shows another than the run's is a member's parent by other ways,
 * as where atd(8) runs a job with the variables of the run.
 */
function isHidden(pid: number): boolean {
  const shown = environmentOf(pid);
  return (shown === undefined || !showsVariables(shown)) && !isInitOfNamespace(pid);
}
