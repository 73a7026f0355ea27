/** Runs one attempt: takes over from the last one, fences itself, runs, and tells how it ended. */
import { RunError, type Result, StartError, start, which } from 'spillway';
import { describe } from 'spillway/doctor';
import { type Fence, startTimeOf, thisPlace } from './fence.js';
import { GO, heldBack, SHELL } from './gate.js';
import { type AttemptOptions, type Checked, requireAttempt } from './options.js';
import { type Kept, keeperFor } from './output.js';
import { type Outcome, outcomeOf } from './outcome.js';
import { PeakMemory } from './peak-memory.js';
import { TakeOverError, takeOver } from './take-over.js';

/** SPILLWAY_ATTEMPT in the environment of an attempt's processes: `ID.NUMBER`. */
const VARIABLE = 'SPILLWAY_ATTEMPT';

/** Why an attempt ended before its program ran. */
class NotStarted extends Error {
  constructor(
    message: string,
    readonly decidedBy: Outcome['decidedBy'],
    readonly reason: 'not-started' | 'abort' = 'not-started',
  ) {
    super(message);
  }
}

/**
 * Runs one attempt of a job. First it makes sure that nothing of the last attempt (`previous`) runs. Then it
 * starts a process that waits, commits its fence, and lets the process become the program. When it resolves,
 * nothing of the attempt runs any more, daemons included.
 *
 * It resolves with an outcome in each case. Errors: OptionError for a mistake in the call.
 */
export async function attempt(argv: readonly string[], options: AttemptOptions): Promise<Outcome> {
  const checked = requireAttempt(argv, options);
  const since = performance.now();
  const keeper = keeperFor(checked.output);
  try {
    await makeWay(checked);
    return await runHeld(checked, keeper);
  } catch (error) {
    if (!(error instanceof NotStarted)) throw error;
    return {
      ok: false,
      reason: error.reason,
      decidedBy: error.decidedBy,
      message: error.message,
      durationMs: performance.now() - since,
      leftovers: [],
      output: { bytes: 0, dropped: 0 },
    };
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
  const { argv, id, number, lease, input } = checked;
  requireProgram(checked);
  if (checked.signal?.aborted) throw aborted();
  const child = startHeld(checked, keeper);
  const memory = new PeakMemory(child.pid);
  try {
    const startTime = startTimeOf(child.pid);
    const fence: Fence = {
      id,
      number,
      place: thisPlace(),
      pid: child.pid,
      startTime: startTime ?? '',
      mark: child.mark,
      leaseMs: lease?.ms,
      graceMs: checked.graceMs,
    };
    await commit(fence, checked);
    child.stdin.write(GO);
  } catch (error) {
    // At the end of its input it exits without having run anything.
    child.stdin.end();
    await child.result.catch(() => {});
    throw error;
  }
  child.stdin.end(input);
  memory.watch();
  let result: Result<string | undefined, string | undefined>;
  let problem: unknown;
  try {
    result = await child.result;
  } catch (error) {
    // With `check: false` only what failed on this side: the output could not be kept.
    if (!(error instanceof RunError)) throw error;
    result = error.result;
    problem = error.cause;
  } finally {
    memory.stop();
  }
  keeper.close();
  return outcomeOf(result, {
    argv,
    problem,
    limits: checked.limits,
    idleMs: checked.idleMs,
    isLost: lease?.isOver === true && result.signal !== undefined,
    diagnosis: result.diagnosis && describe(result.diagnosis),
    peakMemory: memory.peak,
    output: keeper.counts,
  });
}

function startHeld(checked: Checked, keeper: Kept) {
  const { argv, id, number, env, inheritEnv, cwd, input, limits, nice, lease, signal } = checked;
  try {
    return start(SHELL, heldBack(argv, input !== undefined), {
      stdin: 'pipe',
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
    if (error instanceof StartError) throw new NotStarted(startMessage(error), 'system');
    if (error instanceof RunError) throw aborted();
    throw error;
  }
}

/** Of the shell in its place, only what concerns the job. */
function startMessage({ message }: StartError): string {
  return `was not started: ${message}`;
}

/** Before the fence: a missing program is told as such, and leaves no trace in the storage. */
function requireProgram({ argv, cwd, env, inheritEnv }: Checked): void {
  const [program] = argv as [string];
  const path = env && 'PATH' in env ? env.PATH : inheritEnv === false ? undefined : process.env.PATH;
  if (which(program, { cwd, path }) !== undefined) return;
  const where = program.includes('/') ? '' : ' in PATH';
  throw new NotStarted(`was not started: there is no program ${program}${where}`, 'system');
}

/** Throws NotStarted unless it is committed while the lease holds. */
async function commit(fence: Fence, { fence: store, lease, signal }: Checked): Promise<void> {
  try {
    const granted = await untilAborted(store?.(fence), signal);
    if (granted === false) throw new NotStarted('was not started: another attempt holds the job', 'caller');
  } catch (error) {
    if (error instanceof NotStarted) throw error;
    if (signal?.aborted) throw aborted();
    throw new NotStarted(`was not started: its fence was not committed: ${messageOf(error)}`, 'caller');
  }
  if (lease?.isOver) throw new NotStarted('was not started: its lease ran out before', 'lease');
}

async function untilAborted(work: unknown, signal: AbortSignal | undefined): Promise<unknown> {
  if (!signal) return work;
  let stop = () => {};
  const abort = new Promise<never>((_, reject) => {
    const act = () => reject(signal.reason);
    signal.addEventListener('abort', act, { once: true });
    stop = () => signal.removeEventListener('abort', act);
  });
  try {
    return await Promise.race([work, abort]);
  } finally {
    stop();
  }
}

function aborted(): NotStarted {
  return new NotStarted('was not started: it was aborted before', 'caller', 'abort');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
