/**
 * One attempt: the command started, in the foreground where there is a terminal, with the signals that are
 * meant for it.
 */
import { mayStartByPosix } from '../../process/index.js';
import {
  adoptOrphans,
  type Child,
  type Result,
  RunError,
  type StartOptions,
  startJob,
} from '../../run/index.js';
import { passSignalsTo } from '../forward-signals.js';
import { say } from '../messages.js';
import { ForegroundJob } from './foreground-job.js';
import type { Outcome } from './outcome.js';

/** Never rejects. */
export async function attempt(
  file: string,
  args: readonly string[],
  options: StartOptions,
): Promise<Outcome> {
  // Both take system calls of our own; without them the command has no terminal, and its orphans are init's.
  const job = mayStartByPosix() ? new ForegroundJob() : undefined;
  if (job) adoptOrphansIfPossible();
  let child: Child;
  try {
    child = startJob(file, args, options, () => job);
  } catch (error) {
    await job?.close();
    return { kind: 'not-started', error };
  }
  const passedOn = new Set<NodeJS.Signals>();
  passSignalsTo((signal) => {
    passedOn.add(signal);
    passOn(child, signal);
  });
  const ended = await endOf(child);
  passSignalsTo(undefined);
  const outcome: Outcome = { kind: 'ended', passedOn, ...ended };
  await job?.close();
  return outcome;
}

/** All children of the command line are the command's. */
function adoptOrphansIfPossible(): void {
  try {
    adoptOrphans();
  } catch {
    // Not on this system: what clears its environment is not found then.
  }
}

async function endOf(child: Child): Promise<{ result: Result; error: RunError | undefined }> {
  try {
    return { result: (await child.result) as Result, error: undefined };
  } catch (error) {
    if (error instanceof RunError) return { result: error.result, error };
    throw error;
  }
}

function passOn(child: Child, signal: NodeJS.Signals): void {
  try {
    child.kill(signal);
  } catch (error) {
    // The command runs as another user, as sudo does.
    say(`${signal} could not be passed on: ${(error as Error).message}`);
  }
}
