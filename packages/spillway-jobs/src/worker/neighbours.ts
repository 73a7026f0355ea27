/** Whether another worker on this machine still lives: its own storage row would say so for too long. */
import { startTimeOf, thisPlace, viewOf } from '../attempt/index.js';
import type { WorkerSpec } from '../store/index.js';

type Supervisor = WorkerSpec['supervisor'];

/**
 * True only for a worker whose process is known to be gone, with all that a supervisor had to end after it: a
 * living supervisor starts the next worker when it has, and that one (`own` is its supervisor) tells the rest.
 */
export function isDead({ place, pid, startTime, supervisor }: WorkerSpec, own: Supervisor): boolean {
  switch (viewOf(place, thisPlace())) {
    case 'visible':
      if (startTimeOf(pid) === startTime) return false;
      return !supervisor || isSame(supervisor, own) || startTimeOf(supervisor.pid) !== supervisor.startTime;
    case 'rebooted':
      return true;
    default:
      return false;
  }
}

function isSame(one: NonNullable<Supervisor>, other: Supervisor): boolean {
  return one.pid === other?.pid && one.startTime === other.startTime;
}
