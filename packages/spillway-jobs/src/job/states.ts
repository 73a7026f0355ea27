import { type JobState, OPEN_STATES } from './types.js';

export function isOpen(state: JobState): boolean {
  return (OPEN_STATES as readonly JobState[]).includes(state);
}
