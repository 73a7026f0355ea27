/** sched_yield(2): whoever waits for this processor has it first. */
import { bindOptional } from '../libc/index.js';

const schedYield = bindOptional<() => number>('int sched_yield()');

/** Lets others run; returns at once when nobody waits. */
export function yieldProcessor(): void {
  schedYield()?.();
}
