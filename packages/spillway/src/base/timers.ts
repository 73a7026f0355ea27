/** Who calls back later: Node's event loop, or one of our own while that one stands still. */

export interface Timer {
  cancel(): void;
}

export interface Timers {
  /** Calls once, when so many milliseconds (at most 2^31 - 1) have passed. */
  after(ms: number, call: () => void): Timer;
  /** Calls as soon as the code that runs now has returned. */
  soon(call: () => void): void;
}

/** Those of Node's event loop. */
export const nodeTimers: Timers = {
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (call) => queueMicrotask(call),
};
