/** Which process waits for which, and which can continue: pure functions of a snapshot. */

export { HANDLERS_OF_A_RUNTIME, housekeepers, isOffDuty } from './housekeeping.js';
export * from './knots.js';
export { type Edge, Liveness, type ThreadState } from './liveness.js';
export { HARMLESS } from './signals.js';
export { argument, ownerThread } from './thread-wait.js';
export { type Alternative, isEventDriven, isIdle, type Reason, type Target, type Wait } from './wait.js';
export { type Holder, isZombie, resolved, terminalIndex, World } from './world.js';
