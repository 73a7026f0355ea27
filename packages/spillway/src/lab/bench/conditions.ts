/** Waiting for conditions. An experiment never waits for a time: on a loaded machine any is too short. */
import { monotonicMs, setImmediate, setTimeout } from '../../base/index.js';

/** Far more than anything here takes; a condition that has not come true by then is a finding. */
const PATIENCE_MS = 12_000;

/** What `look` gives once that is not undefined; undefined when it did not come. */
export async function eventually<T>(
  look: () => T | undefined | Promise<T | undefined>,
  withinMs = PATIENCE_MS,
  everyMs = 3,
): Promise<T | undefined> {
  const end = monotonicMs() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined || monotonicMs() > end) return found;
    await pause(everyMs);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lets the event loop turn once: exits are noticed there. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
