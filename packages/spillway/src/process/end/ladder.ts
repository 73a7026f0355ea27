/** The ladder that ends a process: asked, signalled, killed, each with the time until the next step. */
import type { Deadline } from '../../base/index.js';

/** The ladder's last step. */
export type Step =
  | { readonly is: 'none' }
  /** A termination will follow: leftovers of an earlier exit are treated as after it. */
  | { readonly is: 'announced' }
  /** The caller's own way of ending it has the first grace period. */
  | { readonly is: 'asked'; readonly untilSignal: Deadline }
  | { readonly is: 'signalled'; readonly untilKill: Deadline }
  | { readonly is: 'killed'; readonly untilAbandoned: Deadline };

/** It is over, or another step follows. */
export function cancelDeadline(step: Step): void {
  if (step.is === 'asked') step.untilSignal.cancel();
  if (step.is === 'signalled') step.untilKill.cancel();
  if (step.is === 'killed') step.untilAbandoned.cancel();
}
