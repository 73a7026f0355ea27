/**
 * Node's timers, microtasks and clocks as they were when the library was loaded.
 *
 * Test runners replace the global functions by ones that only the test moves on. A child does not stop with
 * them, so a library that waits for one must not either. Of Node's modules, since the global ones of jsdom
 * are a browser's: without `unref`, and without setImmediate. All of src imports them from here.
 */
import { performance } from 'node:perf_hooks';
import { builtin } from './builtin.js';

const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = builtin('timers');
const { queueMicrotask } = globalThis;
const { nextTick } = process;
const HostDate = globalThis.Date;
const monotonicMs: () => number = performance.now.bind(performance);

export { clearInterval, clearTimeout, monotonicMs, queueMicrotask, setImmediate, setInterval, setTimeout };

/**
 * Calls `act`, which makes Node's streams go on. They look `process.nextTick` up whenever they need it, so
 * for the time of the call it is Node's own again.
 */
export function withOwnTicks<T>(act: () => T): T {
  const theirs = process.nextTick;
  if (theirs === nextTick || !Reflect.set(process, 'nextTick', nextTick)) return act();
  try {
    return act();
  } finally {
    process.nextTick = theirs;
  }
}

/** The date and time of now, for people. */
export function dateNow(): Date {
  return new HostDate();
}
