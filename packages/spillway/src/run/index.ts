/** What users call. */

export { type Duration, formatDuration, OptionError, parseDuration } from '../base/index.js';
export { type AskedCommand, Lease, type Leftover, StartError } from '../process/index.js';
export {
  type ByteStream,
  type LabelledLine,
  type LineEnds,
  type LineOptions,
  Output,
  SpillError,
  type StdinSource,
  type StreamIterator,
  type UntilOptions,
  type WantedLine,
} from '../stream/index.js';
export { SystemError } from '../system/index.js';
export { Child } from './child.js';
export type {
  DescriptorOption,
  DescriptorStream,
  Encoding,
  Limits,
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
} from './options/index.js';
export { LAST_DESCRIPTOR } from './options/index.js';
export type { Command, LiveCommand, StageOptions } from './pipeline/index.js';
export {
  type LivePipelineResultOf,
  Pipeline,
  PipelineError,
  PipelineResult,
  type PipelineResultOf,
  PipelineStage,
  pipeline,
  startPipeline,
} from './pipeline/index.js';
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
export { start, startJob } from './start.js';
export { runSync } from './sync/index.js';
export type { ExitMessage, OutputMessage, StartMessage, TerminateMessage } from './telemetry.js';
export { adoptOrphans, endRemains, prepare } from './whole-program.js';
