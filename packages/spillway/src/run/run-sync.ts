/** `runSync`: a command from start to end, while the thread waits. */
import { OptionError } from '../base/index.js';
import type { openPidfd } from '../system/index.js';
import type { NoOptions, SyncRunOptions } from './options/index.js';
import { type Plan, plan } from './plan.js';
import type { ResultOf } from './result.js';
import type { Settled } from './settled.js';
import { execute, separate } from './start.js';
import { SyncHost } from './sync-host.js';
import { TerminalJob } from './terminal-job.js';

/**
 * Runs a program to its end and gives its result, blocking this thread meanwhile: no timer, promise or signal handler of the program
 * runs before it returns. Otherwise it is `run`: both streams are read and stdin is written at the same time, and limits end the whole
 * process group. It sleeps in poll(2) while there is nothing to do.
 *
 * It also works in worker threads and in handlers of the process's `'exit'` event.
 *
 * Ctrl-C: with `stdin: 'inherit'` on a terminal, the command is its foreground job, and Ctrl-C and Ctrl-Z go to the command first.
 * Otherwise Ctrl-C ends this program, and the guard the command; but a `SIGINT` listener hears it when the command is over, so give a
 * `timeout`.
 *
 * @param file A program's name, looked up in the child's PATH, or its path, relative to this process's directory.
 * @param args Its arguments; none goes through a shell.
 * @throws {RunError} for another exit code than 0, a signal, a timeout or an exceeded limit, unless `check` is false; for a failure on
 *   this side (a full disk under the capture, a function of the caller's that threw) always. It carries the result.
 * @throws {StartError} when it could not be started.
 * @throws {OptionError} when an argument or option cannot be taken, or only by `run`: streams, iterables, an AbortSignal.
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
  const [args, chosen] = separate(argsOrOptions, options);
  return runBlocking(file, args, chosen);
}

/** The same; tests give an `openPidfd` that finds none, as before Linux 5.3. */
export function runBlocking(
  file: string,
  args: unknown,
  options: SyncRunOptions,
  open?: typeof openPidfd,
): ResultOf<NoOptions> {
  refuseAsynchronous(options);
  const host = new SyncHost(open);
  try {
    const planned = plan(file, args, options, 'sync', undefined, host.sinks);
    const { result, error } = carryOut(planned, host);
    if (error) throw error;
    // The overloads say what the options make of it.
    return result as ResultOf<NoOptions>;
  } finally {
    host.close();
  }
}

function carryOut(planned: Plan, host: SyncHost): Settled {
  const job = TerminalJob.of(planned);
  let settled: Settled | undefined;
  try {
    const execution = execute(planned, job, host);
    job?.started(execution.pid, host.timers, () => host.look());
    settled = host.await(execution);
    return settled;
  } finally {
    job?.ended(settled?.result);
  }
}

/** What the plan does not see: the rest is refused where its words are read. */
function refuseAsynchronous(options: SyncRunOptions | null): void {
  const { signal, pty, uid, gid, channels } = options ?? {};
  if (pty !== undefined && pty !== false) {
    throw new OptionError(
      'pty',
      pty,
      'nothing but false, since nobody types while runSync blocks; use run() or start()',
    );
  }
  if (channels !== undefined) {
    const nothing =
      'nothing, since nobody reads or writes them here while runSync blocks; use run() or start()';
    throw new OptionError('channels', channels, nothing);
  }
  for (const [name, id] of Object.entries({ uid, gid })) {
    const allowed =
      'nothing, since only node:child_process changes the user, and that needs the event loop; use run()';
    if (id !== undefined) throw new OptionError(name, id, allowed);
  }
  if (!(signal instanceof AbortSignal) || signal.aborted) return;
  throw new OptionError(
    'signal',
    signal,
    'only one that is aborted already, since no abort can be heard while runSync blocks; use timeout, or run()',
  );
}
