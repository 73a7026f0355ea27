/** `start`: a command that runs while the program goes on. */
import { type Child, RunningChild } from './child.js';
import { execute } from './execute.js';
import { nodeHost } from './host.js';
import type { NoOptions, StartOptions } from './options/index.js';
import { planCommand } from './plan.js';

/**
 * Starts a program. It runs when this returns; if it cannot be started, this throws.
 *
 * Its output is read from the first moment on. Unread output is captured, so the child never waits for a
 * reader that does not come.
 *
 * @param file A program's name, looked up in the child's PATH, or its path, relative to this process's
 *   directory.
 * @param args Its arguments; none goes through a shell.
 * @throws {StartError} when it could not be started: `code` says why (ENOENT, EACCES, ENOEXEC, E2BIG, EAGAIN,
 *   EMFILE, …).
 * @throws {OptionError} when an argument or option cannot be taken.
 * @throws {RunError} with the reason `'abort'` when its AbortSignal was aborted already.
 */
export function start(file: string, args?: readonly string[]): Child<NoOptions>;
export function start<const O extends StartOptions>(
  file: string,
  args: readonly string[],
  options: O,
): Child<O>;
export function start<const O extends StartOptions>(file: string, options: O): Child<O>;
export function start(
  file: string,
  argsOrOptions: unknown = [],
  options: StartOptions = {},
): Child<NoOptions> {
  // The overloads derive the type from the options.
  return startJob(file, argsOrOptions, options) as Child<NoOptions>;
}

/** `start` with job control of its own, for the command line. */
export function startJob(
  file: string,
  argsOrOptions: unknown,
  options: StartOptions,
  jobOf = nodeHost.jobOf,
): Child {
  const plan = planCommand(file, argsOrOptions, options, 'start');
  return new RunningChild(execute(plan, { ...nodeHost, jobOf }), plan);
}
