/** Looks as often as it takes to be sure, and no longer than allowed. */
import { type Snapshot, type SnapshotOptions, takeSnapshot } from './snapshot/index.js';
import { needs } from './verdict/index.js';

export interface ObserveOptions extends SnapshotOptions {
  /** Milliseconds between two scans; 200. Below 150 the second does not confirm the first. */
  readonly intervalMs?: number | undefined;
  /**
   * Milliseconds, from the first scan to the last, that it may take to tell a zombie from a process that is just ending, and a reader that
   * never reads from one that is slow; 2500. What is certain by two scans never takes longer than those.
   */
  readonly longestMs?: number | undefined;
}

const INTERVAL_MS = 200;
const LONGEST_MS = 2500;
/** Where it takes long anyway, each scan of a large machine is felt. */
const PATIENT_INTERVAL_MS = 500;

/**
 * Takes snapshots of the same processes: one where it shows that all is well, else one more to confirm it; where only time can tell, more
 * of them, of which the first and the last two are kept. Rejects with DoctorError as `takeSnapshot` throws it; a process that ends
 * meanwhile is no error.
 */
export async function observe(options: ObserveOptions = {}): Promise<Snapshot[]> {
  return observeBy(takeSnapshot, options);
}

/** The same, by other means of looking. */
export async function observeBy(
  take: (options: SnapshotOptions) => Snapshot,
  options: ObserveOptions,
): Promise<Snapshot[]> {
  const { intervalMs = INTERVAL_MS, longestMs = LONGEST_MS, ...what } = options;
  const first = take(what);
  let found = [first];
  const end = performance.now() + longestMs;
  for (let need = needs(found); need !== 'enough'; need = needs(found)) {
    const leftMs = end - performance.now();
    if (need === 'longer' && leftMs <= 0) break;
    // The last look is taken at the end itself, however long those before it took.
    const pauseMs =
      need === 'longer' ? Math.min(leftMs, Math.max(intervalMs, PATIENT_INTERVAL_MS)) : intervalMs;
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(pauseMs)));
    found = [first, ...found.slice(1).slice(-1), take({ ...what, mayHaveEnded: true })];
  }
  return found;
}
