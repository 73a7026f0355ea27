/** What concerns the whole program, not one command. */
import {
  endRemains as endRemainsOf,
  guard,
  inTurn,
  type Leftover,
  mayStartByPosix,
  newMark,
  reaper,
  Ticket,
} from '../process/index.js';
import { setChildSubreaper } from '../system/index.js';
import { DEFAULT_TERMINATION, requireTermination, type TerminateOptions } from './options/index.js';

/**
 * Makes this process the subreaper of its descendants (prctl(2), PR_SET_CHILD_SUBREAPER), for good: an
 * orphaned descendant becomes a child of this process instead of init's. It is reaped here, and `leftovers`
 * finds it even when it has cleared its environment, by which descendants are recognised otherwise.
 *
 * Only for programs that start all their children here: an unknown child is taken for an orphan, so
 * `node:child_process` would not hear of the exits of its own. Errors: SystemError ENOSYS outside Linux.
 */
export function adoptOrphans(): void {
  setChildSubreaper(true);
  reaper.adoptOrphans();
}

/**
 * Does ahead of time what the first command of a program needs: loads the calls of the C library, some
 * milliseconds, and starts the guard. For a server, before it listens. It may be called again; without it the
 * first command does the same. What is wrong with the machine the first command tells.
 */
export async function prepare(): Promise<void> {
  if (!mayStartByPosix()) return;
  const guarded = guard.of(newMark().name, DEFAULT_TERMINATION);
  reaper.prepare();
  try {
    await inTurn(() => guarded.ensure(), new Ticket());
  } finally {
    guarded.release();
    reaper.cancel();
  }
}

/**
 * Ends every process that is left of a run of another program, which has died: after a crash, before the same
 * work begins again. `mark` is what `child.mark` was there. It finds those with the mark in their
 * environment, their children, and the sessions that they lead, and ends them as `terminate` says (default:
 * SIGTERM, 5 s). Resolves when none of them is left, or when SIGKILL does not help (`'survived'`).
 *
 * Errors: OptionError for what is no mark, or that of a run that this program is part of; SystemError when
 * /proc cannot be read. Linux.
 */
export async function endRemains(mark: string, terminate?: TerminateOptions): Promise<Leftover[]> {
  return endRemainsOf(mark, terminate ? requireTermination(terminate, 'terminate') : DEFAULT_TERMINATION);
}
