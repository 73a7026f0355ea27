/** What callers may ask for, checked. */
export { passChannels } from './channels.js';
export { type InputPlan, planInput } from './input-plan.js';
export { type Limits, limitBehind } from './limits.js';
export type {
  Encoding,
  LiveOutputOption,
  LiveOutputTarget,
  Mode,
  NoOptions,
  OutputOption,
  OutputTarget,
  RunOptions,
  SignalName,
  StartOptions,
  StdinOption,
  SyncOutputOption,
  SyncOutputTarget,
  SyncRunOptions,
  TerminalSize,
  TerminateOptions,
} from './options.js';
export { isRead, parseOutput, type StreamName, sharedFiles, type Target } from './output-targets.js';
export { sizeFrom } from './pty.js';
export {
  requireArguments,
  requireBoolean,
  requireProgram,
  requireSignal,
  type Settings,
  settle,
  terminationFrom,
} from './settings.js';
