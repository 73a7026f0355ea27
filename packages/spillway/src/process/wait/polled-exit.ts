/** How a thread that waits in poll(2) learns of a child's exit, without SIGCHLD: its handler could not run. */
import { isMainThread } from 'node:worker_threads';
import { notPostponed } from '../../base/index.js';
import {
  closeDescriptor,
  openPidfd,
  type PollLoop,
  peekChild,
  reap,
  SystemError,
  takeStop,
} from '../../system/index.js';
import { Reaper, reaper, type WaitCalls } from './reaper.js';

/** The longest time between two looks where the kernel tells nobody. */
const LONGEST_PAUSE_MS = 10;

/**
 * Calls `look` until it answers that the child has exited: when its pidfd says so, or, where there is none (before Linux 5.3, in some
 * sandboxes, on macOS, without a free descriptor), after pauses that grow from 1 ms to 10. Returns what ends the watch.
 */
export function watchExit(
  pid: number,
  loop: PollLoop,
  look: () => boolean,
  open: typeof openPidfd = openPidfd,
): () => void {
  let stop = () => {};
  const lookAfter = (pause: number) => {
    const timer = loop.after(pause, () => {
      if (!look()) lookAfter(Math.min(2 * pause, LONGEST_PAUSE_MS));
    });
    stop = () => timer.cancel();
  };
  const pidfd = openOrNot(pid, open);
  if (pidfd === undefined) {
    lookAfter(1);
    return () => stop();
  }
  const watch = loop.watch(pidfd, 'reading', () => {
    stop();
    // A descriptor that is always ready and never right (somebody else has closed ours) must not become a busy loop.
    if (!look()) lookAfter(1);
  });
  stop = () => {
    stop = () => {};
    watch.stop();
    closeDescriptor(pidfd);
  };
  return () => stop();
}

/** The child runs already: that no descriptor is free is no reason to give up on it. */
function openOrNot(pid: number, open: typeof openPidfd): number | undefined {
  try {
    return open(pid);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}

/** A reaper that looks when it is told to, and no oftener. */
class PolledReaper extends Reaper {
  constructor() {
    const calls: WaitCalls = {
      // Each is watched by its own call.
      add: () => true,
      remove: () => {},
      exited: () => [],
      peekAnyExited: () => undefined,
      peekChild,
      reap,
      takeStop,
    };
    super(calls, { start() {}, stop() {}, postpone: notPostponed });
  }

  /** For what outlasts the call, as the guard does: on the main thread SIGCHLD tells of it, elsewhere the next call looks. */
  override prepare(): void {
    if (!isMainThread) {
      reaper.sweep();
      return;
    }
    reaper.prepare();
    reaper.idle();
  }

  override abandon(pid: number): void {
    super.reap(pid);
    reaper.abandon(pid);
  }
}

/** The one of this thread's synchronous calls. */
export const polledReaper = new PolledReaper();
