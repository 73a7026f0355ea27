/** This process as the parent of its orphaned descendants. */
import { reaper } from '../process/index.js';
import { setChildSubreaper } from '../system/index.js';

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
