/** How a job that another one needs has ended, in words. */
import type { JobState } from '../../job/index.js';

export function needFailed(id: number | string, state: JobState): string {
  const what = state === 'failed' ? 'has failed' : state === 'lost' ? 'was lost' : `was ${state}`;
  return `job ${id}, which it needs, ${what}`;
}
