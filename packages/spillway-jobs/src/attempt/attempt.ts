/** Runs one attempt: takes over from the last one, fences itself, runs, and tells how it ended. */
import type { Duration, Lease, Limits } from 'spillway';
import type { Fence } from './fence.js';
import type { Outcome } from './outcome.js';

export interface AttemptOptions {
  /** Names the job: 1 to 200 visible ASCII characters. Its processes have SPILLWAY_ATTEMPT=`ID.NUMBER`. */
  readonly id: string;
  /** Of the attempt, from 1. Default: 1. */
  readonly number?: number | undefined;
  /**
   * Commits the fence to the caller's storage. The program does not run before its promise has resolved, and
   * not at all when it rejects, gives false, or this process dies. Default: nothing is committed.
   */
  readonly fence?: ((fence: Fence) => unknown) | undefined;
  /**
   * The fence of the last attempt, if it is not known to have ended. Its processes are ended first; where
   * they cannot be seen, its lease is waited for.
   */
  readonly previous?: Fence | undefined;
  /** Milliseconds since that lease ran out, where the storage knows it. Default: it may hold until now. */
  readonly msSinceLeaseOver?: number | undefined;
  /** When it runs out, the guard ends the attempt. Default: none. */
  readonly lease?: Lease | undefined;
  /**
   * A file that output is appended to, or a function that gets each piece. Of a file's, the first 1 MiB and
   * the last 15 MiB are kept. Default: nothing is kept.
   */
  readonly output?: string | ((bytes: Buffer, stream: 'stdout' | 'stderr') => unknown) | undefined;
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly inheritEnv?: boolean | undefined;
  /** What it reads on stdin. Default: nothing. */
  readonly input?: string | Uint8Array | undefined;
  readonly timeout?: Duration | undefined;
  readonly idleTimeout?: Duration | undefined;
  readonly limits?: Limits | undefined;
  readonly nice?: number | undefined;
  readonly terminate?: { readonly signal?: NodeJS.Signals; readonly grace?: Duration } | undefined;
  readonly signal?: AbortSignal | undefined;
}

export declare function attempt(argv: readonly string[], options: AttemptOptions): Promise<Outcome>;
