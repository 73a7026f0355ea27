/**
 * How a thread that waits in poll(2) learns of a child's exit. It cannot use SIGCHLD: the handler could not
 * run.
 */
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
import { Reaper, type WaitCalls, type Wakeups } from './reaper.js';
import { reaper } from './sigchld.js';

/** The longest time between two looks where the kernel does not announce the exit. */
const LONGEST_PAUSE_MS = 10;

/**
 * Calls `look` until it answers that the child has exited: when its pidfd says so, or, where there is none
 * (before Linux 5.3, in some sandboxes, on macOS, without a free descriptor), after pauses that grow from 1
 * ms to 10. Returns what ends the watch.
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
    // If other code has closed ours, the descriptor may always be ready and never right: it must not become a
    // busy loop.
    if (!look()) lookAfter(1);
  });
  stop = () => {
    stop = () => {};
    watch.stop();
    closeDescriptor(pidfd);
  };
  return () => stop();
}

/** The child runs already, so a missing descriptor is no reason to give up on it. */
function openOrNot(pid: number, open: typeof openPidfd): number | undefined {
  try {
    return open(pid);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}

/** Each child has its own `watchExit`. */
const calls: WaitCalls = {
  add: () => true,
  remove: () => {},
  exited: () => [],
  peekAnyExited: () => undefined,
  peekChild,
  reap,
  takeStop,
};

const wakeups: Wakeups = {
  /**
   * For children that outlast the call, such as the guard: SIGCHLD on the main thread; elsewhere the next
   * call looks.
   */
  start() {
    if (!isMainThread) {
      reaper.sweep();
      return;
    }
    reaper.prepare();
    reaper.idle();
  },
  stop() {},
  postpone: notPostponed,
};

/** The reaper of this thread's synchronous calls. */
export const polledReaper = new Reaper(calls, wakeups, reaper);
