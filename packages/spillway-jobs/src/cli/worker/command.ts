/** `spillway worker`. */
import { availableParallelism, constants } from 'node:os';
import type { WorkerEvent } from '../../worker/index.js';
import { databaseUrl, withoutPasswords } from '../database.js';
import { UsageError } from '../failures.js';
import { printJson } from '../output.js';
import type { Parts } from '../parts.js';
import type { CommonOptions } from '../session.js';
import { tools } from '../tools.js';
import { duration, groupSlots } from '../values.js';
import { eventText } from './text.js';

export interface RawWorkerOptions extends CommonOptions {
  readonly groups?: string;
  readonly lease?: string;
  readonly once?: true;
}

const LEAST_LEASE_MS = 5000;
const ENDING: readonly string[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

export async function workerCommand(parts: Parts, raw: RawWorkerOptions): Promise<number> {
  const url = databaseUrl('--database', raw.database);
  const groups =
    raw.groups === undefined ? { default: availableParallelism() } : groupSlots('--groups', raw.groups);
  const leaseMs = raw.lease === undefined ? undefined : duration('--lease', raw.lease);
  if (leaseMs !== undefined && (leaseMs < LEAST_LEASE_MS || leaseMs === Number.POSITIVE_INFINITY))
    throw new UsageError(`--lease is ${raw.lease}; allowed: from ${tools.formatDuration(LEAST_LEASE_MS)} on`);
  if (!parts.isSupervised && process.platform === 'linux') return watchOver(parts, leaseMs);
  const events = raw.json ? new JsonEvents() : undefined;
  const log = (event: WorkerEvent) => {
    if (events) events.write(event);
    else tools.say(`worker: ${withoutPasswords(eventText(event), [url])}`);
  };
  const { signal } = endBySignals();
  await parts.runWorker({ url, groups, leaseMs, untilEmpty: raw.once ?? false, log, signal });
  await events?.written;
  tools.passSignalsTo(undefined);
  return 0;
}

/** The worker is another process, so that what its jobs have started ends with it, however it dies. */
async function watchOver(parts: Parts, leaseMs: number | undefined): Promise<number> {
  const [end, kill] = [new AbortController(), new AbortController()];
  tools.passSignalsTo((signal) => {
    if (!ENDING.includes(signal)) return;
    if (end.signal.aborted) kill.abort(signal);
    end.abort(signal);
  });
  const argv = [process.execPath, ...process.execArgv, ...process.argv.slice(1)] as [string, ...string[]];
  const tell = (text: string) => tools.say(`worker: ${text}`);
  const status = await parts.supervise({ argv, leaseMs, tell, end: end.signal, kill: kill.signal });
  tools.passSignalsTo(undefined);
  return kill.signal.aborted ? 128 + constants.signals[kill.signal.reason as NodeJS.Signals] : status;
}

/** The first signal ends it in order, the second at once: its guards end what still runs. */
function endBySignals(): AbortController {
  const controller = new AbortController();
  tools.passSignalsTo((signal) => {
    if (!ENDING.includes(signal)) return;
    if (controller.signal.aborted) tools.endWith(128 + constants.signals[signal]);
    controller.abort(signal);
  });
  return controller;
}

/** Lines on stdout, in order. Without a reader the work goes on. */
class JsonEvents {
  #written = Promise.resolve();
  #seq = 0;
  #isRead = true;

  get written(): Promise<void> {
    return this.#written;
  }

  write(event: WorkerEvent): void {
    this.#seq++;
    const line = { seq: this.#seq, at: new Date().toISOString(), ...event };
    this.#written = this.#written.then(async () => {
      if (!this.#isRead) return;
      try {
        await printJson(line);
      } catch (error) {
        this.#isRead = false;
        tools.say(`worker: its events are not written any more: ${(error as Error).message}`);
      }
    });
  }
}
