/** What callers may ask for, checked. */
export {
  DEFAULT_TERMINATION,
  requireArguments,
  requireProgram,
  requireSignal,
  requireTermination,
  requireText,
} from './checks.js';
export { type DescriptorStream, type Given, numberOf, stopReading } from './descriptors.js';
export type { Limits } from './limits.js';
export { LAST_DESCRIPTOR, type Numbered } from './numbered.js';
export type {
  Encoding,
  NoOptions,
  RunOptions,
  SignalName,
  StartOptions,
  SyncRunOptions,
  TerminalSize,
  TerminateOptions,
} from './options.js';
export { NO_OUTPUT_LIMIT, type OutputLimits } from './output-limit.js';
export type {
  DescriptorOption,
  LiveOutputOption,
  LiveOutputTarget,
  OutputOption,
  OutputTarget,
  StdinOption,
  SyncInputData,
  SyncOutputOption,
  SyncOutputTarget,
} from './places.js';
export { printed } from './printed.js';
export { requireSize } from './pty.js';
export { readOptions, readStageOptions } from './read.js';
export type { FileSource, Source } from './sources.js';
export { type Chosen, OPTIONS } from './table.js';
export {
  AUTO,
  CAPTURE,
  type FileTarget,
  isRead,
  type StreamName,
  sharedFiles,
  type Target,
} from './targets.js';
export { requireEnforceable, requireFitTogether, requireHeard, requireOneSource } from './together.js';
export { changesOf } from './variables.js';
export { isReadLive, type Verb } from './verbs.js';
