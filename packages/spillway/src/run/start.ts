/** `start`: a command that runs while the program goes on. */
import { Stopwatch } from '../base/index.js';
import { Bounds } from './bounds.js';
import { Child } from './child.js';
import { type Cause, type End, resultFacts } from './end.js';
import { Execution } from './execution.js';
import { Files } from './files.js';
import { type CommandHost, type JobControl, nodeHost } from './host.js';
import type { NoOptions, StartOptions } from './options/index.js';
import { type Plan, planCommand } from './plan.js';
import { Result } from './result.js';
import { RunError } from './run-error.js';

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
  const [args, chosen] = separate(argsOrOptions, options);
  // The overloads derive the type from the options.
  return startJob(file, args, chosen) as Child<NoOptions>;
}

/** `start` with job control, for the command line. */
export function startJob(file: string, args: unknown, options: StartOptions, job?: JobControl): Child {
  const plan = planCommand(file, args, options, 'start');
  return new Child(execute(plan, job ? { ...nodeHost, job } : nodeHost), plan);
}

/** Carries a plan out. Throws StartError, or RunError when its AbortSignal was aborted already. */
export function execute(plan: Plan, host: CommandHost = nodeHost): Execution {
  const { abort } = plan.bounds;
  if (abort?.aborted) throw new RunError(notStarted(plan, abort.reason));
  const files = Files.open(plan);
  try {
    const bounds = new Bounds(plan.bounds, host);
    const execution = new Execution(plan, files, bounds, host);
    bounds.hold(execution);
    return execution;
  } finally {
    files.close();
  }
}

/** Tells `run('ls', { cwd })` from `run('ls', ['-l'], { cwd })`. */
export function separate<T extends object>(argsOrOptions: unknown, options: T): [args: unknown, options: T] {
  const isOptions =
    typeof argsOrOptions === 'object' && argsOrOptions !== null && !Array.isArray(argsOrOptions);
  return isOptions ? [[], argsOrOptions as T] : [argsOrOptions, options];
}

/** The end of a command whose AbortSignal was aborted before it could start. */
export function notStarted({ child, keep }: Plan, reason: unknown): End {
  const { startedAt } = new Stopwatch();
  const cause: Cause = { kind: 'abort', reason };
  const facts = resultFacts(child, { pid: undefined, startedAt, durationMs: 0, ending: undefined, cause });
  return {
    result: new Result(facts, keep.encoding, { stdout: undefined, stderr: undefined }),
    cause,
    sent: [],
    graceMs: 0,
    isAbandoned: false,
    limits: undefined,
    explanation: undefined,
  };
}
