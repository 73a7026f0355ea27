/** A program without the system calls is told so once, by the first part that does without them. */
import { warnOnce } from '../../base/index.js';

/** `reason` says why, `consequence` what is different: the two sentences of a SpillwayWarning. */
export function warnOfFallback(reason: string, consequence: string): void {
  if (process.env.SPILLWAY_BACKEND === 'node') return;
  warnOnce(
    'fallback',
    `${reason}. ${consequence}; set SPILLWAY_BACKEND=node to accept this without a warning`,
  );
}
