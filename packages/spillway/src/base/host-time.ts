/**
 * Node's timers, microtasks and clocks as they were when the library was loaded.
 *
 * Test runners replace the global functions by ones that only the test moves on. A child does not stop with
 * them, so a library that waits for one must not either. All of src imports them from here.
 */
const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, queueMicrotask } = globalThis;
const HostDate = globalThis.Date;
const monotonicMs: () => number = performance.now.bind(performance);

export { clearInterval, clearTimeout, monotonicMs, queueMicrotask, setImmediate, setInterval, setTimeout };

/** The date and time of now, for people. */
export function dateNow(): Date {
  return new HostDate();
}
