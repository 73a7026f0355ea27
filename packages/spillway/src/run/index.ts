/** What users call. */
export { type Leftover, StartError } from '../process/index.js';
export { type ByteStream, type LineOptions, Output, SpillError, type StdinSource } from '../stream/index.js';
export { type Duration, formatDuration, OptionError, parseDuration } from '../system/index.js';
export { adoptOrphans } from './adopt-orphans.js';
export { Child } from './child.js';
export type { Limits } from './limits.js';
export { Pipeline, PipelineStage } from './live-pipeline.js';
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
  TerminalSize,
  TerminateOptions,
} from './options.js';
export { pipeline, startPipeline } from './pipeline.js';
export type { Command, LiveCommand, StageOptions } from './pipeline-commands.js';
export { PipelineError } from './pipeline-error.js';
export {
  type LivePipelineResultOf,
  PipelineResult,
  type PipelineResultOf,
} from './pipeline-result.js';
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
