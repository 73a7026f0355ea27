/** How a start is carried out: in the call, or off the event loop, when its turn comes. */
export { inTurn, LeftQueue, Ticket } from './in-turn.js';
export { atOnce, inCall, type Step, type Steps, TURN } from './steps.js';
