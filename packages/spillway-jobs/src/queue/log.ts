/** Reads the log of a job, and follows it until the job has ended. */
import { OptionError } from 'spillway';
import type { LogOptions, LogPiece } from '../job/index.js';
import { isOpen } from '../job/index.js';
import { JobsError, type Store } from '../store/index.js';
import { requireNames, requireWhole } from './checks.js';
import { Pauses, patiently } from './patience.js';

const MOST = Number.MAX_SAFE_INTEGER;

/** Throws OptionError. */
export function checkLogOptions(options: LogOptions): void {
  requireNames('options', options, ['attempt', 'follow', 'since']);
  const { attempt, follow, since } = options;
  if (attempt !== undefined) requireWhole('attempt', attempt, 1, MOST);
  if (since !== undefined) requireWhole('since', since, 0, MOST);
  if (follow !== undefined && typeof follow !== 'boolean')
    throw new OptionError('follow', follow, 'a boolean');
}

export async function* readLog(store: Store, id: number, options: LogOptions): AsyncGenerator<LogPiece> {
  const { attempt: wanted, follow = false, since = -1 } = options;
  const pauses = new Pauses();
  let attempt = wanted;
  let seq = since;
  for (;;) {
    // Before the pieces: those of an attempt that has ended by now are all there.
    const job = await patiently(() => store.get(id));
    if (!job) throw new JobsError('ERR_JOBS_UNKNOWN_JOB', `there is no job ${id} any more`);
    attempt ??= job.attempt > 0 ? job.attempt : undefined;
    const read = attempt === undefined ? [] : await patiently(() => store.log(id, attempt as number, seq));
    for (const piece of read) {
      seq = piece.seq;
      yield piece;
    }
    if (read.length > 0) {
      pauses.reset();
      continue;
    }
    const isOver = attempt !== undefined && (job.attempt > attempt || job.state !== 'running');
    if (isOver && wanted === undefined && job.attempt > (attempt as number)) {
      // The next attempt: its pieces are numbered anew.
      attempt = (attempt as number) + 1;
      seq = -1;
      continue;
    }
    const isFinal = !isOpen(job.state) || (wanted !== undefined && isOver);
    if (!follow || isFinal) return;
    await pauses.pause();
  }
}
