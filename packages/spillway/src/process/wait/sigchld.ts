/** The reaper of the main thread's event loop, woken by SIGCHLD. */
import {
  clearInterval,
  hostProcess,
  isMainThread,
  type Postponed,
  PostponedByTimer,
  setInterval,
  setTimeout,
} from '../../base/index.js';
import { ExitWatch, peekAnyExited, peekAnyStopped, peekChild, reap, takeStop } from '../../system/index.js';
import { Reaper, type WaitCalls, type Wakeups } from './reaper.js';

/**
 * A safety net: `process.removeAllListeners()` or a native add-on can take SIGCHLD away. The same timer keeps
 * the event loop alive, since signal handlers do not.
 */
const SWEEP_EVERY_MS = 1000;

class SigchldWakeups implements Wakeups {
  #timer: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #isWanted = false;
  #look: (() => void) | undefined;

  start(look: () => void, sweep: () => void): void {
    if (this.#look === undefined || hostProcess.listenerCount('SIGCHLD', this.#look) === 0) {
      this.#look ??= look;
      hostProcess.on('SIGCHLD', this.#look);
    }
    this.#isWanted = true;
    if (this.#timer) this.#timer.ref();
    else this.#timer = setInterval(() => (this.#isWanted ? sweep() : this.#end()), SWEEP_EVERY_MS);
  }

  /**
   * Keeps the handler: removing and adding it for each child costs more than it saves, and it does not hold
   * the event loop. Keeps the timer until its next turn, since the next child has often started by then.
   */
  stop(): void {
    this.#isWanted = false;
    this.#timer?.unref();
  }

  lookAgain(ms: number): void {
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      this.#look?.();
    }, ms).unref();
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    // The realm that this belongs to may be gone by the next child.
    if (hostProcess !== process && this.#look) hostProcess.off('SIGCHLD', this.#look);
  }

  postpone(act: (pid: number) => void): Postponed<number> {
    return new PostponedByTimer(act);
  }
}

function waitCalls(): WaitCalls {
  const watch = new ExitWatch();
  return {
    // A worker thread gets no SIGCHLD, and the descriptors would outlive it.
    add: (pid) => isMainThread() && watch.add(pid),
    remove: (pid) => watch.remove(pid),
    exited: () => watch.exited(),
    peekAnyExited,
    peekAnyStopped,
    peekChild,
    reap,
    takeStop,
  };
}

/** The one reaper of this process. */
export const reaper = new Reaper(waitCalls(), new SigchldWakeups());
