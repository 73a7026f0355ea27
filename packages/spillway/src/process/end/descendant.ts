/** A live descendant, its identity, and signals to exactly that process. */
import {
  closeDescriptor,
  isLive,
  kill,
  openPidfd,
  type ProcessStat,
  processStat,
  SystemError,
  signalPidfd,
} from '../../system/index.js';

/** A live descendant. */
export interface Descendant {
  readonly pid: number;
  readonly startTime: string;
  readonly inGroup: boolean;
  /** As they were at the look. */
  readonly parent?: number;
  readonly session?: number;
}

/**
 * Signals exactly these processes, never a stranger that has inherited a pid. Ignores EPERM: a later look
 * finds out that the process lives on.
 */
export function signalEach(those: readonly Descendant[], signal: number): void {
  for (const one of those) {
    try {
      if (!signalByDescriptor(one, signal) && isSame(one)) kill(one.pid, signal);
    } catch (error) {
      if (!(error instanceof SystemError && error.code === 'EPERM')) throw error;
    }
  }
}

/** False if the process is gone, or no pidfd can be opened: then the caller compares start times. */
function signalByDescriptor(one: Descendant, signal: number): boolean {
  const fd = pidfdOf(one);
  if (fd === undefined) return false;
  try {
    // The pidfd may refer to a later process with this pid, unless ours still lives now.
    return isSame(one) && signalPidfd(fd, signal);
  } finally {
    closeDescriptor(fd);
  }
}

function pidfdOf({ pid }: Descendant): number | undefined {
  try {
    return openPidfd(pid);
  } catch {
    return undefined;
  }
}

function isSame(descendant: Descendant): boolean {
  const stat = statOf(descendant);
  return stat !== undefined && isLive(stat);
}

/** Its line in /proc; undefined when it is gone, even if another process has its pid now. */
export function statOf({ pid, startTime }: Descendant): ProcessStat | undefined {
  const stat = processStat(pid);
  return stat?.startTime === startTime ? stat : undefined;
}

/** Identifies a process: the kernel gives a pid out again, but not with the same start time. */
export function keyOf({ pid, startTime }: Pick<Descendant, 'pid' | 'startTime'>): string {
  return `${pid} ${startTime}`;
}
