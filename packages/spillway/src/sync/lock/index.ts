/** One sync at a time to a destination. */
export { type Holder, Lock, Locked, lockObstacle } from './lock.js';
