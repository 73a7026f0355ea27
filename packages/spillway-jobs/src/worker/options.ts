/** How a worker works. */
import type { WorkerEvent } from './events.js';

export interface WorkerOptions {
  /** Of the PostgreSQL; undefined for the database of this user on this machine. */
  readonly url: string | undefined;
  /** Where that database is. Default: `$XDG_STATE_HOME/spillway/jobs`. */
  readonly stateDirectory?: string | undefined;
  /** Slots by group: how many jobs of each it runs at a time. */
  readonly groups: Readonly<Record<string, number>>;
  /**
   * Milliseconds after which another worker may take its jobs when nothing is heard of it; from 5 s. Default:
   * 15 s.
   */
  readonly leaseMs?: number | undefined;
  /** It leaves when no job is left that it could take. Default: false. */
  readonly untilEmpty?: boolean | undefined;
  readonly log: (event: WorkerEvent) => void;
  /** It takes no more jobs, ends those that run, and offers them again. */
  readonly signal: AbortSignal;
}

export const DEFAULT_LEASE_MS = 15_000;
export const LEAST_LEASE_MS = 5000;
/** The guard is told that the lease ends so much earlier than the storage is. */
export const HEAD_START_MS = 3000;

/**
 * A call to the storage that has no answer by then is given up with its connection: another one may get through
 * while the lease still holds.
 */
export function patienceFor(leaseMs: number): number {
  return Math.max(leaseMs / 3, 2000);
}

/** Milliseconds of the lease that the guard enforces, for that of the storage. */
export function leaseOfGuard(leaseMs: number): number {
  return Math.max(leaseMs - HEAD_START_MS, leaseMs / 2);
}
