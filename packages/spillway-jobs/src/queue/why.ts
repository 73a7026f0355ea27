/** Why a job is in its state: several lines for people. */
import { formatDuration } from 'spillway';
import { type Fence, startTimeOf, thisPlace, viewOf } from '../attempt/index.js';
import { safeOneLine } from '../base/index.js';
import type { JobInfo } from '../job/index.js';
import { isOpen, progressText } from '../job/index.js';
import type { AttemptInfo, Store } from '../store/index.js';

export async function why(store: Store, job: JobInfo): Promise<string> {
  const title = titleOf(job);
  if (job.state === 'running') return running(title, job, await store.lastAttempt(job.id));
  if (job.state === 'queued' || job.state === 'waiting')
    return [`${title}: ${job.note}`, ...before(job)].join('\n');
  return [job.note === '' ? title : `${title}: ${job.note}`, ...details(job)].join('\n');
}

function titleOf({ id, state, since }: JobInfo): string {
  const ms = formatDuration(Math.max(0, Date.now() - since.getTime()));
  if (isOpen(state)) return `job ${id} has been ${state} for ${ms}`;
  const isPassive = state === 'stopped' || state === 'skipped' || state === 'lost';
  return `job ${id} ${isPassive ? 'was ' : ''}${state} ${ms} ago`;
}

/** Of one that is to be tried again. */
function before({ attempt, attempts, outcome }: JobInfo): string[] {
  return outcome ? [`attempt ${attempt} of ${attempts}: ${safeOneLine(outcome.message)}`] : [];
}

function details({ outcome, note }: JobInfo): string[] {
  if (!outcome) return [];
  const left = outcome.leftovers.map(
    ({ pid, command, action }) => `left behind: ${safeOneLine(command)} [${pid}], ${action}`,
  );
  return [
    ...(note.includes(outcome.message) ? [] : [safeOneLine(outcome.message)]),
    ...left,
    ...(outcome.diagnosis === undefined ? [] : [outcome.diagnosis]),
  ];
}

async function running(title: string, job: JobInfo, last: AttemptInfo | undefined): Promise<string> {
  const place = last?.fence ? ` on ${safeOneLine(last.fence.place.host.split(' ')[0] as string)}` : '';
  // Else it says that the job is being stopped.
  const isUsual = job.note.startsWith('worker ');
  const before = isUsual ? '' : `${job.note}; `;
  const behind = isUsual && job.progress ? `, ${progressText(job.progress)}` : '';
  const attempt = `attempt ${job.attempt} of ${job.attempts}, by worker ${job.worker}`;
  const who = `${title}: ${before}${attempt}${place}${behind}`;
  const fence = last?.fence;
  if (!fence || last.isEnded) return `${who}; its program has not begun yet`;
  if (viewOf(fence.place, thisPlace()) !== 'visible')
    return `${who}, process ${fence.pid}; what that waits for can be seen there: spillway job why ${job.id}`;
  return [`${who}, process ${fence.pid}`, ...(await waits(fence))].join('\n');
}

/** What the processes of a command on this machine wait for. */
async function waits({ pid, startTime }: Fence): Promise<string[]> {
  const { describeWaits, diagnose } = await import('spillway/doctor');
  try {
    const diagnosis = await diagnose({ pids: [pid], mayHaveEnded: true });
    // Looked at afterwards: it was this process all the time.
    if (startTimeOf(pid) !== startTime) return ['its first process has ended'];
    return [describeWaits(diagnosis)];
  } catch (error) {
    return [`its processes cannot be examined: ${safeOneLine((error as Error).message)}`];
  }
}
