/** Ends a child and the processes that it leaves behind. */
export type { ChildPipe, Leftover } from './descendants.js';
export type { LifeHooks, Owned } from './owned.js';
export { OwnedProcess } from './owned-process.js';
export { tellOfEnd } from './passed-on.js';
export { endRemains } from './remains.js';
