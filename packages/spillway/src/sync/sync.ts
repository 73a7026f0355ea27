/** `sync`: starts one. */
import { SyncJob } from './job/index.js';
import { readSettings, type SyncOptions } from './options/index.js';

/**
 * Makes the destination what the sources are, by rsync: archive mode, repeated where another attempt helps,
 * continued where the last one ended, and never silent for longer than `stall`.
 *
 * @param sources Written as for rsync: a path, `host:path`, `host::module/path`, `rsync://host/module/path`.
 *   A folder with a slash at its end stands for what is in it.
 * @returns The job, which runs. `await job.result` for its end, `for await (… of job)` for its events.
 * @throws {OptionError} when an argument or option cannot be taken.
 *
 * @example
 * const job = sync('photos/', 'nas:/tank/photos/', { stall: '60s', retries: 5 });
 * for await (const event of job) if (event.type === 'progress') console.log(event.bytes, event.eta);
 * const { outcome, attempts } = await job.result;
 */
export function sync(
  sources: string | readonly string[],
  destination: string,
  options: SyncOptions = {},
): SyncJob {
  return new SyncJob(readSettings(sources, destination, options));
}
