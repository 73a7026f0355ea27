/** Runs one attempt: takes over from the last one, fences itself, runs, and tells how it ended. */
import { type Result, RunError, StartError, start } from 'spillway';
import { describe } from 'spillway/doctor';
import { messageOf } from '../base/index.js';
import { type Fence, startTimeOf, thisPlace } from './fence.js';
import { aborted, endedEarly, leaseOver, NotStarted, notCommitted, refused } from './not-started.js';
import { type AttemptOptions, type Checked, requireAttempt } from './options.js';
import { type Outcome, outcomeOf } from './outcome.js';
import { type Kept, keeperFor } from './output.js';
import { PeakMemory } from './peak-memory.js';
import { TakeOverError, takeOver } from './take-over.js';

/** SPILLWAY_ATTEMPT in the environment of an attempt's processes: `ID.NUMBER`. */
const VARIABLE = 'SPILLWAY_ATTEMPT';

/**
 * Runs one attempt of a job. First it makes sure that nothing of the last attempt (`previous`) runs. Then it
 * starts a process that waits, commits its fence, and lets the process become the program. When it resolves,
 * nothing of the attempt runs any more, daemons included.
 *
 * It resolves with an outcome in each case. Errors: OptionError for a mistake in the call; the system's when
 * the file for its output cannot be opened.
 */
export async function attempt(argv: readonly string[], options: AttemptOptions): Promise<Outcome> {
  const checked = requireAttempt(argv, options);
  const since = performance.now();
  const keeper = keeperFor(checked.output);
  try {
    await makeWay(checked);
    return await runHeld(checked, keeper);
  } catch (error) {
    if (error instanceof NotStarted) return error.toOutcome(performance.now() - since);
    throw error;
  } finally {
    keeper.close();
  }
}

/** Throws NotStarted when the last attempt may still run. */
async function makeWay({ previous, msSinceLeaseOver, signal }: Checked): Promise<void> {
  if (!previous) return;
  try {
    await takeOver(previous, thisPlace(), msSinceLeaseOver, signal);
  } catch (error) {
    if (signal?.aborted) throw aborted();
    if (error instanceof TakeOverError) throw new NotStarted(error.message, 'system');
    throw new NotStarted(`the last attempt could not be ended: ${messageOf(error)}`, 'system');
  }
}

async function runHeld(checked: Checked, keeper: Kept): Promise<Outcome> {
  const { id, number, lease } = checked;
  if (checked.signal?.aborted) throw aborted();
  const child = startHeld(checked, keeper);
  const memory = new PeakMemory(child.pid);
  const ended = endOf(child.result);
  try {
    const fence: Fence = {
      id,
      number,
      place: thisPlace(),
      pid: child.pid,
      startTime: startTimeOf(child.pid) ?? '',
      mark: child.mark,
      leaseMs: lease?.ms,
      graceMs: checked.graceMs,
    };
    await commit(fence, checked, ended);
  } catch (error) {
    // Nothing of the program has run.
    await child.terminate({ signal: 'SIGKILL', grace: 0 });
    throw error;
  }
  child.resume();
  memory.watch();
  const { result, problem } = await ended.finally(() => memory.stop());
  if (problem instanceof StartError) throw refused(problem);
  const unkept = keeper.close();
  return outcomeOf(result, {
    problem: problem ?? unkept,
    limits: checked.limits,
    idleMs: checked.idleMs,
    isLost: lease?.isOver === true,
    diagnosis: result.diagnosis && describe(result.diagnosis),
    peakMemory: memory.peak,
    output: keeper.counts,
  });
}

interface Ended {
  readonly result: Result<string | undefined, string | undefined>;
  /** What failed on this side, if it ended the command: its output could not be kept. */
  readonly problem: unknown;
}

async function endOf(running: Promise<Ended['result']>): Promise<Ended> {
  try {
    return { result: await running, problem: undefined };
  } catch (error) {
    // With `check: false`, only what failed on this side.
    if (error instanceof RunError) return { result: error.result, problem: error.cause };
    throw error;
  }
}

function startHeld(checked: Checked, keeper: Kept) {
  const { id, number, env, inheritEnv, cwd, input, limits, nice, lease, signal } = checked;
  const [program, ...args] = checked.argv as [string, ...string[]];
  try {
    return start(program, args, {
      suspended: true,
      input,
      stdout: (bytes) => keeper.keep(bytes, 'stdout'),
      stderr: (bytes) => keeper.keep(bytes, 'stderr'),
      env: { ...env, [VARIABLE]: `${id}.${number}` },
      inheritEnv,
      cwd,
      limits,
      nice,
      lease,
      signal,
      timeout: checked.timeoutMs,
      idleTimeout: checked.idleMs,
      terminate: { ...checked.terminate, leftoversGrace: checked.graceMs },
      leftovers: 'kill-all',
      check: false,
    });
  } catch (error) {
    if (error instanceof StartError) throw refused(error);
    if (error instanceof RunError) throw aborted();
    throw error;
  }
}

/** Throws NotStarted unless it is committed while the lease holds, and while the process waits for it. */
async function commit(fence: Fence, checked: Checked, ended: Promise<Ended>): Promise<void> {
  const early = ended.then(({ result }) => {
    throw endedEarly(result, checked);
  });
  // It ends in any case, mostly after this.
  early.catch(() => {});
  let granted: unknown;
  try {
    granted = await Promise.race([checked.fence?.(fence), early]);
  } catch (error) {
    throw error instanceof NotStarted ? error : checked.signal?.aborted ? aborted() : notCommitted(error);
  }
  if (granted === false) throw new NotStarted('was not started: another attempt holds the job', 'caller');
  if (checked.lease?.isOver) throw leaseOver();
}
