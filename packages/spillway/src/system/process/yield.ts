/** sched_yield(2): lets another thread have this processor. */
import { bindOptional } from '../libc/index.js';

const schedYield = bindOptional<() => number>('int sched_yield()');

/** Lets other threads run; returns at once when none waits for this processor. */
export function yieldProcessor(): void {
  schedYield()?.();
}
