/** Whether another worker on this machine still lives: its own storage row would say so for too long. */
import { startTimeOf, thisPlace, viewOf } from '../attempt/index.js';
import type { WorkerSpec } from '../store/store.js';

/** True only for a worker whose process is known to be gone. */
export function isDead({ place, pid, startTime }: WorkerSpec): boolean {
  switch (viewOf(place, thisPlace())) {
    case 'visible':
      return startTimeOf(pid) !== startTime;
    case 'rebooted':
      return true;
    default:
      return false;
  }
}
