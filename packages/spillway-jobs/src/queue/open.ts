import { OptionError } from 'spillway';
import { type OpenOptions, openStore } from '../store/index.js';
import { requireNames, requireText } from './checks.js';
import { Jobs } from './jobs.js';

/**
 * Opens the jobs in a PostgreSQL at `url`; without it those of this user, in an embedded database in the
 * state directory. Makes what they need there at the first time.
 *
 * Rejects with JobsError: `ERR_JOBS_NO_DATABASE`, `ERR_JOBS_PASSWORD`, `ERR_JOBS_PRIVILEGE`,
 * `ERR_JOBS_SCHEMA`, `ERR_JOBS_DIRECTORY`, `ERR_JOBS_BUSY`.
 *
 * @example
 * await using jobs = await openJobs({ url: process.env.DATABASE_URL });
 * const job = await jobs.add(['make', 'check'], { retries: 3 });
 * const { state, outcome } = await job.done();
 */
export async function openJobs(options: OpenOptions = {}): Promise<Jobs> {
  requireNames('options', options, ['url', 'stateDirectory']);
  const { url, stateDirectory } = options;
  // An empty variable means none, as in the shell.
  if (url !== undefined && typeof url !== 'string')
    throw new OptionError('url', url, 'postgres://USER@HOST/NAME');
  if (stateDirectory !== undefined) requireText('stateDirectory', stateDirectory, 'a path without NUL');
  return new Jobs(await openStore({ url: url === '' ? undefined : url, stateDirectory }));
}
