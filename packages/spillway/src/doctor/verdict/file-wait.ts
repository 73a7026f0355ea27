/** Waits at a file: for the other end of a named pipe, or for a lock. */
import { argument } from '../graph/index.js';
import type { BlockedCall, LockRecord } from '../snapshot/index.js';
import { certaintyOf, doubted, foundedOn } from './confidence.js';
import type { Finding } from './finding.js';
import { CONFIRMING_MS, type Observation } from './observation.js';
import { alternativeStory, holderRefs, plainStory } from './story.js';

const O_ACCMODE = 3;

export function lonelyFifos(observation: Observation): Finding[] {
  return [...observation.last.world.processes].flatMap((record) => {
    const thread = record.threads.find(
      ({ call, waitChannel }) =>
        waitChannel?.includes('wait_for_partner') && (!call || call.name.startsWith('open')),
    );
    if (!thread) return [];
    const stillMs = observation.threadsStillMs(record.pid, [thread.tid]);
    if (observation.count > 1 && stillMs < CONFIRMING_MS) return [];
    const certainty = certaintyOf(observation, [record.pid], stillMs);
    const path = thread.call?.path;
    return [
      {
        kind: 'fifo-without-partner' as const,
        isHang: true,
        ...doubted(
          foundedOn(certainty, 'the kernel reports a wait for a partner (fifo(7))'),
          'a process may still open the other end',
        ),
        waits: [{ ...plainStory(record, thread, 'open'), action: opensFor(thread.call) }],
        stuck: [],
        others: [],
        ...(path !== undefined && { path }),
      },
    ];
  });
}

function opensFor(call: BlockedCall | undefined): 'open' | 'read' | 'write' {
  if (call?.name === 'open') return mode(argument(call, 1));
  if (call?.name === 'openat') return mode(argument(call, 2));
  return 'open';
}

function mode(flags: number): 'open' | 'read' | 'write' {
  return (flags & O_ACCMODE) === 0 ? 'read' : (flags & O_ACCMODE) === 1 ? 'write' : 'open';
}

export function lockWaits(observation: Observation): Finding[] {
  const { locks } = observation.last.world.snapshot;
  return locks.flatMap((lock) => lockWait(observation, lock) ?? []);
}

function lockWait(observation: Observation, lock: LockRecord): Finding | undefined {
  const { world, liveness } = observation.last;
  const record = world.process(lock.waiter);
  // A lock in a cycle is reported as a deadlock.
  if (!record || !liveness.isLive(record.pid)) return undefined;
  const thread =
    record.threads.find(({ call }) => call && /^(?:flock|fcntl)$/.test(call.name)) ?? record.threads[0];
  if (!thread) return undefined;
  const stillMs = observation.threadsStillMs(record.pid, [thread.tid]);
  if (observation.count > 1 && stillMs < CONFIRMING_MS) return undefined;
  const owners = lock.owners.filter((pid) => pid !== record.pid && world.process(pid));
  const isIdle = owners.length > 0 && observation.stillMs(owners) >= CONFIRMING_MS;
  const certainty = certaintyOf(observation, [record.pid], stillMs);
  const targets = owners.map((pid) => ({ pid }));
  return {
    kind: 'lock-wait',
    // A running owner is expected to release the lock.
    isHang: isIdle,
    ...doubted(
      foundedOn(
        certainty,
        isIdle ? 'the owner of the lock did nothing between the scans' : 'the owner of the lock is at work',
      ),
      'the owner may still release it',
    ),
    waits: [alternativeStory(world, record, thread, { action: 'lock', key: `lock:${lock.file}`, targets })],
    stuck: [],
    others: holderRefs(world, targets),
    ...(lock.path !== undefined && { path: lock.path }),
  };
}
