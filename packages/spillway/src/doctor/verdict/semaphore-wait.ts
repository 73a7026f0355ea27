/**
 * Waits for a semaphore, or for a lock in shared memory, whose other users have ended. Who may release one is
 * a matter between the programs, so this is never more than possible.
 */
import { isIdle, isZombie } from '../graph/index.js';
import type { SemaphoreRecord } from '../snapshot/index.js';
import { certaintyOf, doubted, foundedOn, onlyPossible } from './confidence.js';
import type { Finding } from './finding.js';
import { CONFIRMING_MS, type Observation } from './observation.js';
import { plainStory } from './story.js';

export function semaphoreWaits(observation: Observation): Finding[] {
  const { semaphores = [] } = observation.last.world.snapshot;
  return semaphores.flatMap((one) => semaphoreWait(observation, one) ?? []);
}

function semaphoreWait(observation: Observation, semaphore: SemaphoreRecord): Finding | undefined {
  const { world, liveness } = observation.last;
  const { waiter, tid, key, path, endedUser } = semaphore;
  const record = world.process(waiter);
  const thread = record?.threads.find((one) => one.tid === tid);
  // A knot of processes is reported as a deadlock.
  if (!record || !thread || !liveness.isLive(waiter)) return undefined;
  if (canBeReleased(observation.last, semaphore)) return undefined;
  const stillMs = observation.threadsStillMs(waiter, [tid]);
  if (observation.count > 1 && stillMs < CONFIRMING_MS) return undefined;
  const fact =
    endedUser === undefined
      ? 'each visible process that has the memory mapped waits too'
      : `process ${endedUser}, which used it last, has ended`;
  return {
    kind: 'semaphore-wait',
    isHang: true,
    ...onlyPossible(
      doubted(
        foundedOn(certaintyOf(observation, [waiter], stillMs), fact),
        'a process may come that releases it',
      ),
    ),
    waits: [
      { ...plainStory(record, thread, 'semaphore'), on: key, ...(endedUser !== undefined && { endedUser }) },
    ],
    stuck: [],
    others: [],
    ...(path !== undefined && { path }),
  };
}

/** Whether a process, be it the waiter's own other threads, could go on and release it. */
function canBeReleased(scene: Observation['last'], { waiter, key, users }: SemaphoreRecord): boolean {
  const { snapshot } = scene.world;
  const waiters = new Set(snapshot.semaphores?.filter((one) => one.key === key).map((one) => one.waiter));
  return [waiter, ...users].some((pid) => goesOn(scene, pid, key, waiters));
}

function goesOn(
  { world, liveness }: Observation['last'],
  pid: number,
  key: string,
  waiters: ReadonlySet<number>,
): boolean {
  const record = world.process(pid);
  if (!record) return false;
  // It cannot be read.
  if (record.threads.length === 0) return !isZombie(record);
  return liveness.threads(pid).some(({ thread, wait }) => {
    if (world.semaphore(thread.tid)?.key === key) return false;
    if (wait.kind === 'live') return !isIdle(wait);
    if (wait.kind !== 'blocked') return false;
    const targets = wait.alternatives.flatMap((one) => one.targets.map((target) => target.pid));
    return targets.some((one) => one !== pid && !waiters.has(one) && liveness.isLive(one));
  });
}
