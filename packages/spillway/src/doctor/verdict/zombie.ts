/** Zombies: processes that have ended and that their parent does not reap. */
import { isZombie } from '../graph/index.js';
import type { ProcessRecord } from '../snapshot/index.js';
import type { Finding } from './finding.js';
import type { Observation } from './observation.js';
import { holderRefs, plainStory } from './story.js';

/** Half of all scans of a busy machine show zombies that are about to be reaped. */
const OLD_ZOMBIE_MS = 2000;

export function zombies(observation: Observation, explained: ReadonlySet<number>): Finding[] {
  const { world } = observation.last;
  return [...world.processes].flatMap((record) => {
    if (!isUnexplained(record, explained)) return [];
    const ageMs = observation.sinceMs(record.pid, isZombie);
    // A younger one, or one seen once, may be reaped at any moment.
    if (ageMs < OLD_ZOMBIE_MS) return [];
    return [
      {
        kind: 'zombie' as const,
        isHang: true,
        confidence: 'certain' as const,
        basis: [
          `${observation.count} scans`,
          `it has been a zombie for at least ${(ageMs / 1000).toFixed(1)} s`,
        ],
        doubts: [],
        waits: [plainStory(record, record.threads[0], 'none')],
        stuck: [],
        others: holderRefs(world, [{ pid: record.parent }]).filter(({ process }) => process.pid > 0),
      },
    ];
  });
}

/** Whether a zombie may become old enough. */
export function hasYoungZombie(observation: Observation, explained: ReadonlySet<number>): boolean {
  return [...observation.last.world.processes].some(
    (record) =>
      record.isInTree &&
      isUnexplained(record, explained) &&
      observation.sinceMs(record.pid, isZombie) < OLD_ZOMBIE_MS,
  );
}

/** A stuck parent cannot reap: its zombies are a consequence, not findings. */
function isUnexplained(record: ProcessRecord, explained: ReadonlySet<number>): boolean {
  return isZombie(record) && !explained.has(record.pid) && !explained.has(record.parent);
}
