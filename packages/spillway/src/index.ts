/**
 * Child processes that cannot hang.
 *
 * @example
 * import { run } from 'spillway';
 * const { stdout } = await run('git', ['ls-files'], { timeout: '30s' });
 */

export { type Duration, OptionError } from './base/index.js';
export { type Leftover, StartError } from './process/index.js';
export {
  adoptOrphans,
  type Captured,
  Child,
  type Command,
  type Encoding,
  type ExitMessage,
  type Limits,
  type LiveCommand,
  type LiveOutputOption,
  type LiveOutputTarget,
  type LivePipelineResultOf,
  type LiveResultOf,
  type OutputMessage,
  type OutputOption,
  type OutputTarget,
  Pipeline,
  PipelineError,
  PipelineResult,
  type PipelineResultOf,
  PipelineStage,
  pipeline,
  type Reason,
  Result,
  type ResultOf,
  RunError,
  type RunOptions,
  run,
  runSync,
  type SignalName,
  type StageOptions,
  type StartMessage,
  type StartOptions,
  type StdinOption,
  type SyncOutputOption,
  type SyncOutputTarget,
  type SyncRunOptions,
  start,
  startPipeline,
  type TerminalSize,
  type TerminateMessage,
  type TerminateOptions,
} from './run/index.js';
export { type ByteStream, type LineOptions, Output, SpillError, type StdinSource } from './stream/index.js';
