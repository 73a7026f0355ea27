/** `start`: a command that runs while the program goes on. */
import type { Cause } from './cause.js';
import { Child } from './child.js';
import { Execution } from './execution.js';
import { factsOf } from './facts.js';
import { nodeHost } from './host.js';
import type { JobControl } from './job-control.js';
import type { NoOptions, StartOptions } from './options/index.js';
import { closeOpened, discardSinks, type Plan, plan } from './plan.js';
import { Result } from './result.js';
import { RunError } from './run-error.js';

/**
 * Starts a program. It is running, or has failed to start, when this returns: there is no state between.
 *
 * Its output is read from the first moment on. What nobody reads is captured, so it never waits for a reader who does not come.
 *
 * @param file A program's name, looked up in the child's PATH, or its path, relative to this process's directory.
 * @param args Its arguments; none goes through a shell.
 * @throws {StartError} when it could not be started: `code` says why (ENOENT, EACCES, ENOEXEC, E2BIG, EAGAIN, EMFILE, …).
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
  const [args, chosen] = separate(argsOrOptions, options);
  // The overloads say what the options make of it.
  return startJob(file, args, chosen) as Child<NoOptions>;
}

/** `start` with job control, for the command line. */
export function startJob(file: string, args: unknown, options: StartOptions, job?: JobControl): Child {
  const planned = plan(file, args, options, 'start');
  return new Child(execute(planned, job), planned);
}

/** Carries a plan out. */
export function execute(planned: Plan, job?: JobControl, host = nodeHost): Execution {
  const { abort } = planned.settings;
  if (!abort?.aborted) return new Execution(planned, job, host);
  closeOpened(planned);
  discardSinks(planned);
  throw notStarted(planned, abort.reason);
}

/** `run('ls', { cwd })` as well as `run('ls', ['-l'], { cwd })`. */
export function separate<T extends object>(argsOrOptions: unknown, options: T): [args: unknown, options: T] {
  const isOptions =
    typeof argsOrOptions === 'object' && argsOrOptions !== null && !Array.isArray(argsOrOptions);
  return isOptions ? [[], argsOrOptions as T] : [argsOrOptions, options];
}

/** What there is to say of a command whose AbortSignal was aborted already. */
export function notStarted({ settings }: Plan, reason: unknown): RunError {
  const cause: Cause = { kind: 'abort', reason };
  const outcome = {
    settings,
    pid: undefined,
    startedAt: new Date(),
    durationMs: 0,
    ending: undefined,
    cause,
  };
  const nothing = { stdout: undefined, stderr: undefined };
  const result = new Result(factsOf(outcome), settings.encoding, nothing);
  return new RunError(result, cause, { sent: [], graceMs: 0, abandoned: false });
}
