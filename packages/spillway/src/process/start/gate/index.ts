/** What holds a program back until its limits are set, or until its caller lets it run. */
export {
  behindGate,
  type Constraints,
  type HeldProcess,
  type Holder,
  requireForShell,
  shellAt,
  spawnHeld,
} from './behind-gate.js';
export { SocketGate } from './socket-gate.js';
