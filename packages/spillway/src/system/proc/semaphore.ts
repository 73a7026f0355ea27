/** System V semaphores (sysvipc(7)). */
import { bindOptional } from '../libc/index.js';

const controlCall = bindOptional<(set: number, index: number, command: number) => number>(
  'int semctl(int set, int index, int command)',
);

/** In include/uapi/linux/sem.h. */
const GETPID = 11;

/**
 * The process that changed a semaphore last, also if it has ended since; undefined if none did,
 * or without the right to ask.
 */
export function lastUserOfSemaphore(set: number, index: number): number | undefined {
  const control = process.platform === 'linux' ? controlCall() : undefined;
  const pid = control?.(set, index, GETPID) ?? -1;
  return pid > 0 ? pid : undefined;
}
