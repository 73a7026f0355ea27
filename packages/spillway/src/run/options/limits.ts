/** The options `limits` and `nice`. */
import { OptionError, requireNames } from '../../base/index.js';
import type { Resource } from '../../system/index.js';

/**
 * What one process may use. In force before the command runs, and inherited by its descendants
 * (setrlimit(2)).
 */
export interface Limits {
  /** Bytes of address space (RLIMIT_AS) of each process: an allocation beyond it fails. */
  readonly memory?: number | undefined;
  /** Seconds of processor time of each process: SIGXCPU, and SIGKILL a second later. */
  readonly cpuSeconds?: number | undefined;
  /** Descriptors that a process may have open, its standard streams included (RLIMIT_NOFILE). */
  readonly openFiles?: number | undefined;
  /**
   * Processes and threads of the user (RLIMIT_NPROC), counted when one is created. Root has no such limit.
   */
  readonly processes?: number | undefined;
  /** Bytes to which a file may grow; beyond it the process gets SIGXFSZ. */
  readonly fileSize?: number | undefined;
}

const NAMES = ['memory', 'cpuSeconds', 'openFiles', 'processes', 'fileSize'] as const;

/** Throws OptionError. Infinity is no limit. */
export function requireLimits(value: unknown, at: string): ReadonlyMap<Resource, number> {
  const limits: Limits = requireNames(at, value, NAMES);
  const chosen = new Map<Resource, number>();
  for (const name of NAMES) {
    const limit = limits[name];
    if (limit === undefined || limit === Number.POSITIVE_INFINITY) continue;
    const least = name === 'fileSize' ? 0 : 1;
    if (!Number.isSafeInteger(limit) || limit < least)
      throw new OptionError(`${at}.${name}`, limit, `a whole number from ${least}, or Infinity`);
    chosen.set(name, limit);
  }
  return chosen;
}

export function requireNice(value: unknown, at: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= -20 && value <= 19) return value;
  throw new OptionError(at, value, 'a whole number from -20 to 19; 19 is the most patient');
}
