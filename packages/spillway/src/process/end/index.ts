/** How a child is ended, and what becomes of what it leaves behind. */
export type { Leftover } from './descendants.js';
export { type LifeHooks, type Owned, OwnedProcess } from './owned-process.js';
