/** `runSync`: a command from start to end, while the thread waits. */
import type { openPidfd } from '../../system/index.js';
import { execute } from '../execute.js';
import type { NoOptions, SyncRunOptions } from '../options/index.js';
import { planCommand } from '../plan.js';
import type { ResultOf } from '../result.js';
import { resultOrThrow } from '../run-error.js';
import { SyncHost } from './sync-host.js';

/**
 * Runs a program to its end, and blocks this thread until then: no timer, promise or signal handler of this
 * program runs before it returns. Otherwise it is `run`: both streams are read while stdin is written, and
 * limits end the whole process group. Between events it sleeps in poll(2).
 *
 * It also works in worker threads and in handlers of the process's `'exit'` event.
 *
 * Ctrl-C: with `stdin: 'inherit'` on a terminal, the command is the foreground job, and Ctrl-C and Ctrl-Z go
 * to the command first. Otherwise Ctrl-C ends this program, and the guard ends the command. A `SIGINT`
 * listener of this program runs only when the command is over, so give a `timeout`.
 *
 * @param file A program's name, looked up in the child's PATH, or its path, relative to this process's
 *   directory.
 * @param args Its arguments; none goes through a shell.
 * @throws {RunError} for an exit code other than 0, a signal, a timeout or an exceeded limit, unless `check`
 *   is false; always for a failure on this side (a full disk under the capture, a function of the caller's
 *   that threw). It carries the result.
 * @throws {StartError} when it could not be started.
 * @throws {OptionError} when an argument or option cannot be taken, or only `run` can take it: streams,
 *   iterables, an AbortSignal.
 */
export function runSync(file: string, args?: readonly string[]): ResultOf<NoOptions>;
export function runSync<const O extends SyncRunOptions>(
  file: string,
  args: readonly string[],
  options: O,
): ResultOf<O>;
export function runSync<const O extends SyncRunOptions>(file: string, options: O): ResultOf<O>;
export function runSync(
  file: string,
  argsOrOptions: unknown = [],
  options: SyncRunOptions = {},
): ResultOf<NoOptions> {
  return runBlocking(file, argsOrOptions, options);
}

/** The same; tests give an `openPidfd` that finds none, as before Linux 5.3. */
export function runBlocking(
  file: string,
  argsOrOptions: unknown,
  options: SyncRunOptions,
  open?: typeof openPidfd,
): ResultOf<NoOptions> {
  const plan = planCommand(file, argsOrOptions, options, 'runSync');
  const host = new SyncHost(plan, open);
  const end = host.run(() => execute(plan, host));
  // The overloads derive the type from the options.
  return resultOrThrow(end, plan.policy) as ResultOf<NoOptions>;
}
