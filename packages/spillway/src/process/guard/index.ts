/** Ends the children of a program that has died. */
export type { Guarded } from './guard.js';
export { guard } from './guards.js';
export { Lease } from './lease.js';
