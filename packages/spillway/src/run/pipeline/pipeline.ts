/**
 * `pipeline` and `startPipeline`: commands with kernel pipes between them.
 *
 * Two functions, as `run` and `start` are two: the first captures and gives a result, the second is there to
 * be read while it runs. One that does both would be a promise with streams beside it: an async function
 * could not return it without waiting for its end, and whether `stdout` is in the result would be known only
 * when it runs.
 */
import { problemOfPipes, StartError } from '../../process/index.js';
import type { NoOptions, RunOptions, StartOptions } from '../options/index.js';
import { notStarted } from '../start.js';
import type { Command, LiveCommand } from './commands.js';
import { Pipeline } from './live-pipeline.js';
import { PipelineError, pipelineResultOrThrow } from './pipeline-error.js';
import { PipelineExecution, PipelineNotStarted } from './pipeline-execution.js';
import { type PipelinePlan, planPipeline, type StagePlan } from './pipeline-plan.js';
import type { PipelineResultOf } from './pipeline-result.js';

/**
 * Runs commands with the stdout of each connected to the stdin of the next, and gives the result of all.
 * Between them are pipes of the kernel: no byte goes through this process, and no shell is involved.
 *
 * The options are those of `run`. stdin is the first command's, stdout the last one's; stderr is that of
 * each, captured apart, unless the command has an option of its own. Time and limits hold for the whole, and
 * what ends one command (a timeout, an abort, a limit) ends all, the last first, so that none takes the early
 * end of its input for the whole.
 *
 * The first command that fails decides, as with a shell's `pipefail`; one that SIGPIPE ended because the next
 * had enough has not failed. It settles when all have ended. As in a shell, that includes one that writes no
 * more and so never hears that nobody reads: bound it with `timeout`, or read the lines of a `startPipeline`
 * and leave the loop.
 *
 * @param commands Each `['program', 'argument', …]` or `{ file, args, cwd, env, inheritEnv, limits, nice,
 *   stderr, check }`.
 * @throws {PipelineError} a RunError whose `result` is that of the command that decides and whose `pipeline`
 *   is the whole, unless `check` is false; for a failure on this side always.
 * @throws {StartError} when one could not be started. The others are ended and reaped by then; none was begun
 *   if a program is missing.
 * @throws {OptionError} when a command or option cannot be taken.
 */
export function pipeline<const C extends readonly Command[]>(
  commands: C,
): Promise<PipelineResultOf<C, NoOptions>>;
export function pipeline<const C extends readonly Command[], const O extends RunOptions>(
  commands: C,
  options: O,
): Promise<PipelineResultOf<C, O>>;
export async function pipeline(commands: readonly Command[], options: RunOptions = {}): Promise<unknown> {
  const plan = planPipeline(commands, options, 'pipeline');
  try {
    // The overloads say what the options make of it.
    return pipelineResultOrThrow(await executePipeline(plan).ended, plan);
  } catch (error) {
    if (!(error instanceof PipelineNotStarted)) throw error;
    await error.gone();
    throw error.error;
  }
}

/**
 * Starts commands with pipes between them. All are running, or none is, when this returns. It is to
 * `pipeline` what `start` is to `run`, and has the options of `start`.
 *
 * The last command's output is `stdout`, to be read as it comes; leaving the loop over it ends all commands.
 * What nobody reads is captured.
 *
 * @param commands Each `['program', 'argument', …]` or `{ file, args, cwd, env, inheritEnv, limits, nice,
 *   stderr, check }`.
 * @throws {StartError} when one could not be started. The others are ended and reaped by then; none was begun
 *   if a program is missing.
 * @throws {OptionError} when a command or option cannot be taken.
 * @throws {PipelineError} with the reason `'abort'` when its AbortSignal was aborted already.
 */
export function startPipeline<const C extends readonly LiveCommand[]>(commands: C): Pipeline<C, NoOptions>;
export function startPipeline<const C extends readonly LiveCommand[], const O extends StartOptions>(
  commands: C,
  options: O,
): Pipeline<C, O>;
export function startPipeline(commands: readonly LiveCommand[], options: StartOptions = {}): unknown {
  const plan = planPipeline(commands, options, 'startPipeline');
  try {
    return new Pipeline(executePipeline(plan), plan);
  } catch (error) {
    if (!(error instanceof PipelineNotStarted)) throw error;
    error.awaitGone();
    throw error.error;
  }
}

function executePipeline(plan: PipelinePlan): PipelineExecution {
  const { abort } = plan.bounds;
  if (abort?.aborted) throw abortedBefore(plan, abort.reason);
  requirePipes((plan.stages[0] as StagePlan).plan.child.file);
  return new PipelineExecution(plan);
}

function requirePipes(file: string): void {
  const problem = problemOfPipes();
  if (problem === undefined) return;
  const reason = `the commands of a pipeline need pipes that node:child_process does not make, and ${problem}; use sh -c`;
  throw new StartError({ file }, 'ENOTSUP', 'system', reason);
}

function abortedBefore({ stages }: PipelinePlan, reason: unknown): PipelineError {
  const ends = stages.map(({ plan, isChecked }) => ({
    end: notStarted(plan, reason),
    isChecked,
    nextHadEnough: false,
  }));
  return new PipelineError({ stages: ends, startedAt: new Date(), durationMs: 0, explanation: undefined });
}
