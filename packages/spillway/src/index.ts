/**
 * Child processes that cannot hang.
 *
 * @example
 * import { run } from 'spillway';
 * const { stdout } = await run('git', ['ls-files'], { timeout: '30s' });
 */
export {
  type ByteStream,
  type Captured,
  Child,
  type Duration,
  type Encoding,
  type ExitMessage,
  type Leftover,
  type Limits,
  type LineOptions,
  type LiveOutputOption,
  type LiveOutputTarget,
  type LiveResultOf,
  OptionError,
  Output,
  type OutputMessage,
  type OutputOption,
  type OutputTarget,
  type Reason,
  Result,
  type ResultOf,
  RunError,
  type RunOptions,
  run,
  runSync,
  type SignalName,
  SpillError,
  StartError,
  type StartMessage,
  type StartOptions,
  type StdinOption,
  type StdinSource,
  type SyncOutputOption,
  type SyncOutputTarget,
  type SyncRunOptions,
  start,
  type TerminateMessage,
  type TerminateOptions,
} from './run/index.js';
