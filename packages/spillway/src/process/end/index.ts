/** Ends a child and the processes that it leaves behind. */
export type { Leftover } from './descendants.js';
export { type LifeHooks, type Owned, OwnedProcess } from './owned-process.js';
