/** What users call. */
export { type Leftover, StartError } from '../process/index.js';
export { type ByteStream, type LineOptions, Output, SpillError, type StdinSource } from '../stream/index.js';
export { Child } from './child.js';
export { type Duration, formatDuration, parseDuration } from './duration.js';
export type { Limits } from './limits.js';
export { OptionError } from './option-error.js';
export type {
  Encoding,
  LiveOutputOption,
  LiveOutputTarget,
  OutputOption,
  OutputTarget,
  RunOptions,
  SignalName,
  StartOptions,
  StdinOption,
  SyncOutputOption,
  SyncOutputTarget,
  SyncRunOptions,
  TerminateOptions,
} from './options.js';
export {
  type Captured,
  type LiveResultOf,
  type Reason,
  Result,
  type ResultFacts,
  type ResultOf,
} from './result.js';
export { run } from './run.js';
export { RunError } from './run-error.js';
export { runSync } from './run-sync.js';
export { start, startJob } from './start.js';
export type { ExitMessage, OutputMessage, StartMessage, TerminateMessage } from './telemetry.js';
