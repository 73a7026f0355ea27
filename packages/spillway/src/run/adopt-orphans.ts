/** This process as the parent of its orphaned descendants. */
import { reaper } from '../process/index.js';
import { setChildSubreaper } from '../system/index.js';

/**
 * Makes this process the subreaper of its descendants (prctl(2), PR_SET_CHILD_SUBREAPER): one whose parent
 * has gone becomes a child of this process, and not of init. `leftovers` then finds every one of them, also
 * those that have cleared their environment, by which they are known otherwise; and each is reaped. For good:
 * there is no way back.
 *
 * Only for programs whose children are all started here: an unknown child is taken for an orphan, so that
 * `node:child_process` would not hear of the exit of its own. Errors: SystemError ENOSYS outside Linux.
 */
export function adoptOrphans(): void {
  setChildSubreaper(true);
  reaper.adoptOrphans();
}
