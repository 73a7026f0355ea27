/** `spillway sync`: a sync as a command. */
import { constants as osConstants } from 'node:os';
import { dateNow, OptionError, ownProperties, safeJson } from '../../base/index.js';
import { type Report, type SyncEvent, type SyncJob, sync } from '../../sync/index.js';
import { exitLeavingTerminal, ignoreSignal, libcObstacle, signals, writeWhole } from '../../system/index.js';
import { OWN_ERROR, REFUSED } from '../exit-status.js';
import { passSignalsTo } from '../forward-signals.js';
import { takeInherited } from '../inherited.js';
import { print, reasonOf, say } from '../messages.js';
import { openOutput } from '../output-file.js';
import { writeAll } from '../pass-through.js';
import { UsageError } from '../usage-error.js';
import { RotatingLog } from './rotating-log.js';
import { count, type RawSyncOptions, size, syncOptions } from './settings.js';
import { View } from './view.js';

const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
const DEFAULT_LOG_SIZE = '10m';
const DEFAULT_LOGS = 5;

/** Ends this process. `rsync`: the words after `--`. */
export async function syncCommand(
  addresses: readonly string[],
  raw: RawSyncOptions,
  rsync: readonly string[],
): Promise<never> {
  exitLeavingTerminal(await statusOf(addresses, ownProperties(raw), rsync));
}

async function statusOf(
  addresses: readonly string[],
  raw: RawSyncOptions,
  rsync: readonly string[],
): Promise<number> {
  takeInherited();
  // Writing to the terminal from the background must not stop it (`stty tostop`).
  if (libcObstacle() === undefined) ignoreSignal(signals.SIGTTOU);
  try {
    const sources = addresses.slice(0, -1);
    if (sources.length === 0) throw new UsageError('it needs a source and a destination');
    const log = openLog(raw);
    // Before the work: "permission denied" must not follow hours of it.
    const report = raw.report === undefined ? undefined : openOutput('the report', raw.report, 'anew');
    const job = sync(sources, addresses.at(-1) as string, syncOptions(raw, rsync));
    return await watch(job, raw, log, report);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof OptionError)) {
      say(`internal error: ${error instanceof Error ? error.stack : String(error)}`);
      return OWN_ERROR;
    }
    say(`sync: ${error.message}`);
    if (raw.json) print(refusedLine(error.message));
    return REFUSED;
  }
}

/** The last line of `--json` where nothing was started. */
export function refusedLine(message: string): string {
  const summary = { type: 'summary', outcome: 'refused', exitCode: REFUSED, message };
  return `${safeJson(JSON.stringify({ ...summary, at: dateNow().toISOString(), seq: 1 }))}\n`;
}

async function watch(
  job: SyncJob,
  raw: RawSyncOptions,
  log: RotatingLog | undefined,
  reportFd: number | undefined,
): Promise<number> {
  const view = new View({
    fd: raw.json ? 2 : 1,
    isQuiet: raw.quiet ?? false,
    showsNames: (raw.names ?? false) || (raw.dryRun ?? false),
    log,
  });
  endBySignals(job, view);
  const json = raw.json ? new JsonLines(raw.names ?? false) : undefined;
  for await (const event of job) {
    await view.show(event);
    await json?.write(event);
  }
  await view.close();
  const report = await job.report;
  passSignalsTo(undefined);
  log?.write(report.message);
  if (report.exitCode !== 0) say(`sync: ${report.message}`);
  else if (!raw.quiet) await view.say(report.message);
  if (reportFd !== undefined) writeReport(reportFd, raw.report as string, report);
  return report.exitCode;
}

/** The first signal ends it in order, the second at once. */
function endBySignals(job: SyncJob, view: View): void {
  let seen = 0;
  passSignalsTo((signal) => {
    if (!ENDING.includes(signal)) return;
    job.cancel(osConstants.signals[signal]);
    seen++;
    if (seen === 1)
      void view.say(`${signal}: ends in order, and keeps what has arrived. Once more: at once.`);
  });
}

class JsonLines {
  readonly #showsNames: boolean;
  #readerIsGone = false;

  constructor(showsNames: boolean) {
    this.#showsNames = showsNames;
  }

  async write(event: SyncEvent): Promise<void> {
    if (this.#readerIsGone || (event.type === 'file' && !this.#showsNames)) return;
    try {
      await writeAll(1, Buffer.from(`${safeJson(JSON.stringify(event))}\n`));
    } catch {
      this.#readerIsGone = true;
    }
  }
}

function openLog(raw: RawSyncOptions): RotatingLog | undefined {
  if (raw.log === undefined) {
    if (raw.logSize !== undefined || raw.logKeep !== undefined)
      throw new UsageError('--log-size and --log-keep need --log FILE');
    return undefined;
  }
  const keep = count('--log-keep', raw.logKeep) ?? DEFAULT_LOGS;
  return new RotatingLog(raw.log, size('--log-size', raw.logSize ?? DEFAULT_LOG_SIZE), keep);
}

function writeReport(fd: number, path: string, report: Report): void {
  try {
    const lines = JSON.stringify(report, undefined, 2).split('\n').map(safeJson);
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    writeWhole(fd, bytes);
  } catch (error) {
    say(`the report ${path} cannot be written: ${reasonOf(error)}`);
  }
}
