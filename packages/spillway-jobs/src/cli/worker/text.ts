/** Events of a worker for people. */

import type { WorkerEvent } from '../../worker/index.js';
import { commandText } from '../job/wording.js';
import { tools } from '../tools.js';

/** One line. */
export function eventText(event: WorkerEvent): string {
  return tools.safeLine(words(event));
}

function words(event: WorkerEvent): string {
  switch (event.type) {
    case 'started': {
      const groups = Object.entries(event.groups).map(([name, slots]) => `${name} ${slots}`);
      return `${event.worker} takes jobs: ${groups.join(', ')} at a time`;
    }
    case 'took': {
      const again = event.attempt > 1 ? ` (attempt ${event.attempt})` : '';
      return `took ${event.job}${again}: ${tools.clippedTo(commandText(event.argv), 200)}`;
    }
    case 'ended':
      return endedWords(event);
    case 'recovered':
      return `took ${tools.counted(event.jobs, 'job')} from workers that are gone; offered again`;
    case 'scheduled':
      return `added ${tools.counted(event.jobs, 'job')} of schedules`;
    case 'trouble':
      return event.message;
    case 'well-again':
      return 'the database is there again';
    case 'ending':
      return event.running === 0
        ? 'ends: no job runs'
        : `ends: takes no more, and ends ${tools.counted(event.running, 'running job')}, which others may ` +
            'take; once more: at once';
    case 'left':
      return 'has ended';
    default:
      // One of a later release.
      return (event as { readonly type: string }).type;
  }
}

function endedWords({ job, outcome }: Extract<WorkerEvent, { type: 'ended' }>): string {
  const took = tools.formatDuration(outcome.durationMs);
  if (outcome.ok) return `${job} succeeded in ${took}`;
  switch (outcome.reason) {
    case 'abort':
    case 'lost':
      return `${job} ${outcome.message}`;
    default:
      return `${job} failed: ${outcome.message}`;
  }
}
