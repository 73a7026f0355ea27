/** The source of later callbacks: Node's event loop, or a loop of our own while Node's stands still. */
import { clearTimeout, queueMicrotask, setTimeout } from './host-time.js';

export interface Timer {
  cancel(): void;
  /** It no longer holds the event loop, where it did. */
  unref?(): void;
}

export interface Timers {
  /** Calls once, after `ms` milliseconds, at most 2^31 - 1. */
  after(ms: number, call: () => void): Timer;
  /** Calls as soon as the running code has returned. */
  soon(call: () => void): void;
}

/** The timers of Node's event loop. */
export const nodeTimers: Timers = {
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return { cancel: () => clearTimeout(timer), unref: () => timer.unref() };
  },
  soon: (call) => queueMicrotask(call),
};
