/** Detects exits for a thread that waits in poll(2), where no SIGCHLD handler can run. */
import { isMainThread, notPostponed } from '../../base/index.js';
import {
  closeDescriptor,
  openPidfd,
  type PollLoop,
  peekAnyStopped,
  peekChild,
  reap,
  SystemError,
  takeStop,
} from '../../system/index.js';
import { Reaper, type WaitCalls, type Wakeups } from './reaper.js';
import { reaper } from './sigchld.js';

/** The longest time between two looks without a pidfd. */
const LONGEST_PAUSE_MS = 10;

/**
 * Calls `look` until it returns true (the child has exited): when the pidfd becomes readable or, without a
 * pidfd (before Linux 5.3, in some sandboxes, on macOS, without a free descriptor), after pauses that grow
 * from 1 ms to 10. Returns a function that ends the watch.
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
    // If other code has closed our pidfd, its number may name a descriptor that is always ready; polling it
    // would become a busy loop.
    if (!look()) lookAfter(1);
  });
  stop = () => {
    stop = () => {};
    watch.stop();
    closeDescriptor(pidfd);
  };
  return () => stop();
}

/** The child already runs, so a missing pidfd is no reason to fail. */
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
  peekAnyStopped,
  peekChild,
  reap,
  takeStop,
};

const wakeups: Wakeups = {
  /** For children that outlast the call, such as the guard: SIGCHLD, or in a worker thread the next call. */
  start() {
    if (!isMainThread()) {
      reaper.sweep();
      return;
    }
    reaper.prepare();
    reaper.cancel();
  },
  stop() {},
  lookAgain() {},
  postpone: notPostponed,
};

/** The reaper of this thread's synchronous calls. */
export const polledReaper = new Reaper(calls, wakeups, reaper);
