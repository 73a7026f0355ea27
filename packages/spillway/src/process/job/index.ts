/** Job control: which process group has the terminal. */
export {
  comesFromKeyboard,
  Foreground,
  type ForegroundGroup,
  type StopAnswer,
  terminalRefusal,
} from './foreground.js';
export { type Interruptible, interrupts } from './interrupts.js';
export type { EndOfJob, JobControl } from './job-control.js';
export { type Turn, turns } from './turns.js';
