/** How a child is ended, and what it leaves behind. */
export type { Leftover } from './descendants.js';
export { type Leftovers, type LifeHooks, OwnedProcess, type Termination } from './owned-process.js';
