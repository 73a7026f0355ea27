/**
 * `spillway run`: runs a command with limits and retries, and exits with a status that tells how it ended.
 */
import { formatDuration, ownProperties } from '../../base/index.js';
import { mayStartByPosix } from '../../process/index.js';
import type { StartOptions } from '../../run/index.js';
import { ignoreWithChildren, signals } from '../../system/index.js';
import { endWith, OWN_ERROR, signalStatus } from '../exit-status.js';
import { type Inherited, signalBit, takeInherited } from '../inherited.js';
import { say } from '../messages.js';
import { Patience } from '../patience.js';
import { UsageError } from '../usage-error.js';
import { attempt } from './attempt.js';
import type { LogFile } from './log-file.js';
import { exitStatus, isWorthRetrying, isWorthTelling, messageOf, type Outcome } from './outcome.js';
import { stdinForAttempts } from './repeated-stdin.js';
import { ResultLine } from './result-line.js';
import { logFile, type RawOptions, type RetrySettings, retrySettings, startOptions } from './run-settings.js';

/** Ends this process with the command's status, after all of its output is written. */
export async function runCommand(file: string, args: readonly string[], raw: RawOptions): Promise<never> {
  endWith(await statusOf(file, args, ownProperties(raw)));
}

async function statusOf(file: string, args: readonly string[], raw: RawOptions): Promise<number> {
  try {
    const retry = retrySettings(raw);
    const log = logFile(raw);
    const inherited = takeInherited();
    const options = startOptions(raw, log, inherited);
    if (mayStartByPosix()) ignoreWithChildren(ignoredByCommand(inherited, options));
    const line = new ResultLine(raw);
    const stdin = stdinForAttempts(retry.attempts);
    let lost: string | undefined;
    const run = async () => {
      const outcome = await attempt(file, args, { ...options, ...stdin.again() });
      lost = await problemOfFlush(log, outcome);
      return outcome;
    };
    const { outcome, attempts, status } = await repeat(run, retry);
    stdin.close();
    if (isWorthTelling(outcome) && !line.replacesMessage) say(messageOf(outcome) as string);
    line.write(file, args, outcome, attempts);
    if (lost !== undefined) say(lost);
    // A failure of the command outranks a lost log line.
    return lost !== undefined && status === 0 ? OWN_ERROR : status;
  } catch (error) {
    if (error instanceof UsageError) say(error.message);
    else say(`internal error: ${error instanceof Error ? error.stack : String(error)}`);
    return OWN_ERROR;
  }
}

/**
 * What nohup and a shell's `&` ignore stays ignored in spillway and the command. But the first signal of a
 * termination has to reach it, and spillway learns of the end by SIGCHLD.
 */
function ignoredByCommand({ ignored }: Inherited, { terminate }: StartOptions): bigint {
  const { signal = 'SIGTERM' } = terminate ?? {};
  const number = typeof signal === 'number' ? signal : signals[signal];
  return ignored & ~signalBit(number) & ~signalBit(signals.SIGCHLD);
}

interface Repeated {
  readonly outcome: Outcome;
  readonly attempts: number;
  /** The last attempt's status, or that of a signal received during a pause. */
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

/** Time to write the last log lines of a command that was ended. */
const LAST_LINES_MS = 1000;

/**
 * Why the last lines are missing from the log. After an exit of the command's own, writing may take any time.
 */
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
 * Milliseconds to pause after `failed` failures: the base, doubled with each failure up to a minute, times a
 * random factor from 0.5 to 1.5, so that commands that failed together do not retry together.
 */
export function retryPause(base: number, failed: number, random: () => number = Math.random): number {
  const pause = Math.min(base * 2 ** (failed - 1), Math.max(base, LONGEST_PAUSE_MS));
  return Math.round(pause * (0.5 + random()));
}
