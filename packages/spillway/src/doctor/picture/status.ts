/** What a process does or waits for, in a few words. */
import { clipped, safe } from '../../base/index.js';
import { isZombie, type Liveness, type Reason } from '../graph/index.js';
import type { ProcessRecord, ThreadRecord } from '../snapshot/index.js';
import { processStory } from '../verdict/index.js';
import { sentence } from '../wording/index.js';
import type { Roles } from './roles.js';

const LONGEST = 64;
const MOST_LINES = 3;

/** One line for each different wait of its threads in the findings. */
export function statusOf(record: ProcessRecord, roles: Roles, liveness: Liveness): string[] {
  const told = roles.toldOf(record.pid).map(({ story, finding }) => sentence(story, finding.path));
  const lines = told.length > 0 ? [...new Set(told)] : [ownWords(record, liveness)];
  return lines.slice(0, MOST_LINES).map((line) => clipped(line, LONGEST));
}

/** The state of the main thread: other threads serve it, or are idle pools. */
function ownWords(record: ProcessRecord, liveness: Liveness): string {
  if (isZombie(record)) return 'has ended';
  const states = liveness.threads(record.pid);
  const main = states.find(({ thread }) => thread.tid === record.pid) ?? states[0];
  if (!main) return 'its state cannot be read';
  const { wait, thread } = main;
  if (wait.kind === 'stopped') return 'is stopped';
  const story = processStory(liveness.world, record, [main]);
  if (wait.kind === 'blocked' || story.connection) return sentence(story);
  if (thread.call?.name.includes('nanosleep')) return 'sleeps';
  return wait.kind === 'over' ? 'its main thread has ended' : goesOn(wait.because, thread);
}

function goesOn(because: Reason, { call }: ThreadRecord): string {
  switch (because) {
    case 'running':
      return 'is at work';
    case 'uninterruptible':
      return 'is at work in the kernel, for instance on a disk';
    case 'traced':
      return 'is held by a debugger';
    case 'timeout':
      return 'waits with a timeout';
    case 'signals':
      return 'waits for a signal';
    case 'housekeeping':
      return 'is idle';
    case 'asleep':
      return call?.name.includes('nanosleep') ? 'sleeps' : 'waits for a signal';
    case 'network':
      return 'waits for the network';
    case 'device':
      return 'waits for a device';
    case 'fifo':
      return 'waits at a named pipe';
    case 'outside':
      return 'waits for a process that is not visible';
    case 'ready':
      return 'is about to continue';
    case 'unreadable':
      return 'its wait cannot be read';
    case 'unknown':
      return call && call.name !== 'unknown' ? `is in ${safe(call.name)}` : 'is in a system call';
  }
}
