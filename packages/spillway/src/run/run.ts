/** `run`: a command from start to end. */
import { executeInTurn } from './execute.js';
import type { NoOptions, RunOptions } from './options/index.js';
import { planCommand } from './plan.js';
import type { ResultOf } from './result.js';
import { resultOrThrow } from './run-error.js';

/**
 * Runs a program to its end and gives its result. Both streams are captured whatever their size: in memory at
 * first, then on disk.
 *
 * When the promise settles, the process is reaped, its process group is gone, and its pipes are closed.
 *
 * @param file A program's name, looked up in the child's PATH, or its path, relative to this process's
 *   directory.
 * @param args Its arguments; none goes through a shell.
 * @throws {RunError} for an exit code other than 0, a signal, a timeout, an abort or an exceeded limit,
 *   unless `check` is false; always for a failure on this side (a full disk under the capture, a function of
 *   the caller's that threw). It carries the result.
 * @throws {StartError} when it could not be started.
 * @throws {OptionError} when an argument or option cannot be taken.
 */
export function run(file: string, args?: readonly string[]): Promise<ResultOf<NoOptions>>;
export function run<const O extends RunOptions>(
  file: string,
  args: readonly string[],
  options: O,
): Promise<ResultOf<O>>;
export function run<const O extends RunOptions>(file: string, options: O): Promise<ResultOf<O>>;
export async function run(
  file: string,
  argsOrOptions: unknown = [],
  options: RunOptions = {},
): Promise<ResultOf<NoOptions>> {
  const plan = planCommand(file, argsOrOptions, options, 'run');
  const end = await executeInTurn(plan);
  // The overloads derive the type from the options.
  return resultOrThrow(end, plan.policy) as ResultOf<NoOptions>;
}
