/** Which process waits for which, and which can continue: pure functions of a snapshot. */
export * from './knots.js';
export { type Edge, Liveness, type ThreadState } from './liveness.js';
export { argument, HANDLERS_OF_A_RUNTIME, ownerThread } from './thread-wait.js';
export { type Alternative, isEventDriven, type Reason, type Target, type Wait } from './wait.js';
export { type Holder, isZombie, resolved, terminalIndex, World } from './world.js';
