/** Ends the children of a program that has died. */
export { type Guarded, guard } from './guard.js';
