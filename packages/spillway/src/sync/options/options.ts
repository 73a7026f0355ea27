/** The options of `sync`, as callers give them. settings.ts checks them. */
import type { Duration } from '../../base/index.js';

export interface SyncOptions {
  /** Removes what the sources do not have from the destination. Default: false. */
  readonly delete?: boolean | undefined;
  /** Rules of rsync's filter language, in order, such as `'- *.o'`, `'+ *.c'`. Default: none. */
  readonly filter?: string | readonly string[] | undefined;
  /** Patterns that are transferred although a later rule leaves them out. They follow `filter`. */
  readonly include?: string | readonly string[] | undefined;
  /** Patterns that are left out. They follow `include`. */
  readonly exclude?: string | readonly string[] | undefined;
  /**
   * The highest rate of all its processes together: bytes a second, or text as for rsync: `'20m'`, `'500k'`.
   * Default: none.
   */
  readonly bwlimit?: number | string | undefined;
  /** Compares files by checksum instead of by size and time. Default: false. */
  readonly checksum?: boolean | undefined;
  /** Changes nothing, and tells what would change. Default: false. */
  readonly dryRun?: boolean | undefined;
  /**
   * Removes each source file once its checksum is the same at the destination, then the folders that have
   * become empty. Refused while a process has a file of the source open for writing (Linux; of processes that
   * this user may see). Default: false.
   */
  readonly move?: boolean | undefined;
  /** A second pass compares every file by checksum; a difference makes the outcome `'partial'`. */
  readonly verify?: boolean | undefined;
  /** How many rsyncs share the files. Default: 1. */
  readonly jobs?: number | undefined;
  /**
   * Whether updated files stay aside until all have arrived (rsync's --delay-updates). Default: true, except
   * into a local folder that is missing or empty, which has nothing to update.
   */
  readonly delayUpdates?: boolean | undefined;
  /** How long one attempt may take. Default: none. */
  readonly timeout?: Duration | undefined;
  /**
   * How long an attempt may bring neither a byte nor a file, and read nothing on this machine either. Then it
   * is ended, with a diagnosis. Default: 10 min.
   */
  readonly stall?: Duration | undefined;
  /** Further attempts after the first one, where another one may help. Default: 3. */
  readonly retries?: number | undefined;
  /** The pause before the second attempt, doubled for each further one, with jitter. Default: 1 s. */
  readonly retryDelay?: Duration | undefined;
  /** The longest pause. Default: 1 min. */
  readonly retryMaxDelay?: Duration | undefined;
  /** How long all of it may take, pauses included. Default: none. */
  readonly maxDuration?: Duration | undefined;
  /** Whether files that vanished meanwhile make the outcome `'partial'`. Default: false. */
  readonly strict?: boolean | undefined;
  /** Whether a loop over the job gets an event for each file. Default: true. */
  readonly names?: boolean | undefined;
  /** Whether one sync to this destination runs at a time (flock(2)). Default: true. */
  readonly lock?: boolean | undefined;
  /** How long to wait for the lock. Default: not at all. */
  readonly waitLock?: Duration | undefined;
  /** Whether a guard goes along over ssh, which ends the far rsync when the link is cut. Default: true. */
  readonly farGuard?: boolean | undefined;
  /** Time between SIGTERM and SIGKILL for what has to be ended. Default: 5 s. */
  readonly grace?: Duration | undefined;
  /** Further options for rsync itself, each a word: `['--chmod=D755', '-e', 'ssh -p 2222']`. */
  readonly rsync?: readonly string[] | undefined;
  /** Variables for rsync, merged over this program's. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Ends it when aborted. */
  readonly signal?: AbortSignal | undefined;
}

export const OPTION_NAMES = [
  'delete',
  'filter',
  'include',
  'exclude',
  'bwlimit',
  'checksum',
  'dryRun',
  'move',
  'verify',
  'jobs',
  'delayUpdates',
  'timeout',
  'stall',
  'retries',
  'retryDelay',
  'retryMaxDelay',
  'maxDuration',
  'strict',
  'names',
  'lock',
  'waitLock',
  'farGuard',
  'grace',
  'rsync',
  'env',
  'signal',
] as const satisfies readonly (keyof SyncOptions)[];
