/** Jobs as workers see them. */
export { beat, claim, commit } from './claims.js';
export { appendLog, log } from './logs.js';
export { settle, takeFromDead } from './settlements.js';
export { onEndRan, takeEnded, tidy } from './upkeep.js';
export { enrol, leave } from './workers.js';
