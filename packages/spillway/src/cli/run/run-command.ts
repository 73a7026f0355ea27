/** `spillway run`: a command with limits, as often as asked for, and an exit status that says what became of it. */
import { formatDuration } from '../../base/index.js';
import { exitLeavingTerminal } from '../../system/index.js';
import { OWN_ERROR, signalStatus } from '../exit-status.js';
import { say } from '../messages.js';
import { Patience } from '../patience.js';
import { UsageError } from '../usage-error.js';
import { attempt } from './attempt.js';
import type { LogFile } from './log-file.js';
import { exitStatus, isWorthRetrying, isWorthTelling, messageOf, type Outcome } from './outcome.js';
import { ResultLine } from './result-line.js';
import { logFile, type RawOptions, type RetrySettings, retrySettings, startOptions } from './run-settings.js';

/** Ends this process with the command's status, when all of its output is where it belongs. */
export async function runCommand(file: string, args: readonly string[], raw: RawOptions): Promise<never> {
  exitLeavingTerminal(await statusOf(file, args, raw));
}

async function statusOf(file: string, args: readonly string[], raw: RawOptions): Promise<number> {
  try {
    const retry = retrySettings(raw);
    const log = logFile(raw);
    const options = startOptions(raw, log);
    const line = new ResultLine(raw);
    let lost: string | undefined;
    const run = async () => {
      const outcome = await attempt(file, args, options);
      lost = await problemOfFlush(log, outcome);
      return outcome;
    };
    const { outcome, attempts, status } = await repeat(run, retry);
    if (isWorthTelling(outcome) && !line.replacesMessage) say(messageOf(outcome) as string);
    line.write(file, args, outcome, attempts);
    if (lost !== undefined) say(lost);
    // What became of the command is worth more than this, unless all went well.
    return lost !== undefined && status === 0 ? OWN_ERROR : status;
  } catch (error) {
    if (error instanceof UsageError) say(error.message);
    else say(`internal error: ${error instanceof Error ? error.stack : String(error)}`);
    return OWN_ERROR;
  }
}

interface Repeated {
  readonly outcome: Outcome;
  readonly attempts: number;
  /** The last attempt's, or that of a signal which came between two. */
  readonly status: number;
}

async function repeat(
  run: () => Promise<Outcome>,
  { attempts, baseDelayMs }: RetrySettings,
): Promise<Repeated> {
  for (let number = 1; ; number++) {
    const outcome = await run();
    if (number >= attempts || !isWorthRetrying(outcome)) {
      return { outcome, attempts: number, status: exitStatus(outcome) };
    }
    const pause = retryPause(baseDelayMs, number);
    say(`attempt ${number} of ${attempts} failed: ${messageOf(outcome)}; next in ${formatDuration(pause)}`);
    const patience = new Patience();
    await patience.lasts(pause);
    patience.close();
    const { signal } = patience;
    if (signal) return { outcome, attempts: number, status: signalStatus(signal) };
  }
}

/** What is left to write when the time of the command is over already. */
const LAST_LINES_MS = 1000;

/** Why the last lines are not in the log, if they are not. A command that ended by itself has all the time that it takes. */
async function problemOfFlush(log: LogFile | undefined, outcome: Outcome): Promise<string | undefined> {
  try {
    const byItself = outcome.kind === 'ended' && outcome.result.reason === 'exit';
    await log?.flush(byItself ? Number.POSITIVE_INFINITY : LAST_LINES_MS);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const LONGEST_PAUSE_MS = 60_000;

/**
 * Milliseconds before the attempt after `failed` failed ones: the base, doubled with each failure up to a minute, times a random
 * half to one and a half, so that many who failed together do not come back together.
 */
export function retryPause(base: number, failed: number, random: () => number = Math.random): number {
  const pause = Math.min(base * 2 ** (failed - 1), Math.max(base, LONGEST_PAUSE_MS));
  return Math.round(pause * (0.5 + random()));
}
