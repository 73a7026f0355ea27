/** The options `limits` and `nice`: checked, and recognised in the way a command ended. */

import { OptionError, requireNames } from '../../base/index.js';
import type { Constraints } from '../../process/index.js';
import { signals } from '../../system/index.js';
import type { ResultFacts } from '../result.js';

/** What one process may use, laid on the command before it runs and inherited by all that it starts (setrlimit(2)). */
export interface Limits {
  /** Bytes of address space (RLIMIT_AS) of each process: an allocation beyond it fails. */
  readonly memory?: number | undefined;
  /** Seconds of processor time of each process: SIGXCPU, and SIGKILL a second later. */
  readonly cpuSeconds?: number | undefined;
  /** Descriptors that a process may have open, its standard streams included (RLIMIT_NOFILE). */
  readonly openFiles?: number | undefined;
  /** Processes and threads of the whole user (RLIMIT_NPROC), who is not root: counted when one is made. */
  readonly processes?: number | undefined;
  /** Bytes that a file may be made to have: SIGXFSZ. */
  readonly fileSize?: number | undefined;
}

const NAMES = ['memory', 'cpuSeconds', 'openFiles', 'processes', 'fileSize'] as const;

/** Undefined when nothing is asked for. Throws OptionError. */
export function constraintsFrom(limits: unknown, nice: unknown): Constraints | undefined {
  if (limits === undefined && nice === undefined) return undefined;
  const chosen = new Map<(typeof NAMES)[number], number>();
  if (limits !== undefined) {
    requireNames('limits', limits, NAMES);
    for (const name of NAMES) {
      const value = (limits as Limits)[name];
      if (value === undefined || value === Number.POSITIVE_INFINITY) continue;
      if (!Number.isSafeInteger(value) || value < (name === 'fileSize' ? 0 : 1)) {
        throw new OptionError(
          `limits.${name}`,
          value,
          `a whole number from ${name === 'fileSize' ? 0 : 1}, or Infinity`,
        );
      }
      chosen.set(name, value);
    }
  }
  return { limits: chosen, nice: nice === undefined ? undefined : requireNice(nice) };
}

function requireNice(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= -20 && value <= 19) return value;
  throw new OptionError('nice', value, 'a whole number from -20 to 19; 19 is the most patient');
}

/**
 * Which limit ended a command, as far as its end tells: two signals are sent for nothing else, and a failed allocation is what many
 * programs die of in one of three ways. A shell tells of such an end of the last command in it by an exit code of 128 and the signal.
 */
export function limitBehind(
  { signal, exitCode, cpu }: Pick<ResultFacts, 'signal' | 'exitCode' | 'cpu'>,
  limits: Constraints['limits'] | undefined,
): string | undefined {
  if (!limits) return undefined;
  const { cpuSeconds, fileSize, memory } = Object.fromEntries(limits) as Limits;
  const usedMs = cpu.userMs + cpu.systemMs;
  const isBy = (name: NodeJS.Signals) => signal === name || exitCode === 128 + signals[name];
  if (
    cpuSeconds !== undefined &&
    (isBy('SIGXCPU') || (signal === 'SIGKILL' && usedMs >= cpuSeconds * 1000))
  ) {
    return `its limit of ${cpuSeconds} s of processor time is used up (limits.cpuSeconds)`;
  }
  if (fileSize !== undefined && isBy('SIGXFSZ'))
    return `a file was to become larger than ${fileSize} bytes (limits.fileSize)`;
  if (memory !== undefined && (isBy('SIGSEGV') || isBy('SIGABRT') || isBy('SIGBUS')))
    return `perhaps for want of memory, of which it may have ${memory} bytes (limits.memory)`;
  return undefined;
}
