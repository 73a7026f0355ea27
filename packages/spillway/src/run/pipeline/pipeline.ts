/**
 * `pipeline` and `startPipeline`: commands with kernel pipes between them.
 *
 * Two functions, like `run` and `start`: the first captures and gives a result, the second is read while it
 * runs. One function for both would return a promise with streams beside it: an async function could not
 * return it without waiting for its end, and no type could say whether `stdout` is in the result.
 */
import { dateNow } from '../../base/index.js';
import { atCaller, atOnce, inTurn, problemOfPipes, requireLibrary, StartError } from '../../process/index.js';
import { notStarted } from '../end.js';
import type { NoOptions, RunOptions, StartOptions } from '../options/index.js';
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
 * The options are those of `run`. stdin is the first command's, stdout the last one's; stderr is captured for
 * each command apart, unless a command has an option of its own. Time and limits hold for the whole, and what
 * ends one command (a timeout, an abort, a limit) ends all, the last first, so that no command mistakes the
 * early end of its input for the end of the data.
 *
 * The first command that fails decides, as with a shell's `pipefail`. A command that SIGPIPE ended because
 * the next one had enough has not failed. The promise settles when all have ended. As in a shell, a command
 * that writes no more never learns that its reader is gone, and may run on: bound it with `timeout`, or read
 * the lines of a `startPipeline` and leave the loop.
 *
 * @param commands Each `['program', 'argument', …]`, or an object with `file`, `args` and options of its own.
 * @throws {PipelineError}, a RunError whose `result` is that of the deciding command and whose `pipeline` is
 *   the whole, unless `check` is false; always for a failure on this side.
 * @throws {StartError} when one could not be started. By then the others are ended and reaped; if a program
 *   is missing, none was started.
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
    // The overloads derive the type from the options.
    const execution = pipelineOf(plan);
    await inTurn(() => execution.start(true), execution.ticket);
    return pipelineResultOrThrow(await execution.ended, plan);
  } catch (error) {
    if (!(error instanceof PipelineNotStarted)) throw atCaller(error, pipeline);
    await error.gone();
    throw atCaller(error.error, pipeline);
  }
}

/**
 * Starts commands with pipes between them. All of them run when this returns; if one cannot be started, this
 * throws, and none runs. It is to `pipeline` what `start` is to `run`, and has the options of `start`.
 *
 * `stdout` is the last command's output as it comes; leaving the loop over it ends all commands. Unread
 * output is captured.
 *
 * @param commands Each `['program', 'argument', …]`, or an object with `file`, `args` and options of its own.
 * @throws {StartError} when one could not be started. By then the others are ended and reaped; if a program
 *   is missing, none was started.
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
    const execution = pipelineOf(plan);
    atOnce(execution.start(false));
    return new Pipeline(execution, plan);
  } catch (error) {
    if (!(error instanceof PipelineNotStarted)) throw atCaller(error, startPipeline);
    error.awaitGone();
    throw atCaller(error.error, startPipeline);
  }
}

function pipelineOf(plan: PipelinePlan): PipelineExecution {
  const { abort } = plan.bounds;
  if (abort?.aborted) throw abortedBefore(plan, abort.reason);
  const { file } = (plan.stages[0] as StagePlan).plan.child;
  requireLibrary(file);
  requireKernelPipes(file);
  return new PipelineExecution(plan);
}

function requireKernelPipes(file: string): void {
  const problem = problemOfPipes();
  if (problem === undefined) return;
  const need = 'the commands of a pipeline need pipes that node:child_process does not make';
  const reason = `${need}, and ${problem}; use sh -c`;
  throw new StartError({ file }, 'ENOTSUP', 'system', reason);
}

function abortedBefore({ stages }: PipelinePlan, reason: unknown): PipelineError {
  const ends = stages.map(({ plan, isChecked }) => ({
    end: notStarted(plan, { kind: 'abort', reason }),
    isChecked,
    nextHadEnough: false,
  }));
  return new PipelineError({ stages: ends, startedAt: dateNow(), durationMs: 0, explanation: undefined });
}
