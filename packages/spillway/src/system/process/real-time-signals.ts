/**
 * The numbers of the real-time signals for programs; the C library keeps the first ones for itself
 * (signal(7)).
 */
import { bindOptional } from '../libc/index.js';

const first = bindOptional<() => number>('int __libc_current_sigrtmin()');
const last = bindOptional<() => number>('int __libc_current_sigrtmax()');

/** SIGRTMIN and SIGRTMAX; undefined on systems without real-time signals. */
export function realTimeSignals(): { readonly first: number; readonly last: number } | undefined {
  const [min, max] = [first(), last()];
  return min && max ? { first: min(), last: max() } : undefined;
}
