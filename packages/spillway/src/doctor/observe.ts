/** Takes as many snapshots as a sure verdict needs, within the allowed time. */
import { monotonicMs, ownProperties, setTimeout } from '../base/index.js';
import { type Snapshot, type SnapshotOptions, takeSnapshot } from './snapshot/index.js';
import { type Diagnosis, judge, needs } from './verdict/index.js';

export interface ObserveOptions extends SnapshotOptions {
  /** Milliseconds between two scans. Default: 200. Below 150 the second scan does not confirm the first. */
  readonly intervalMs?: number | undefined;
  /**
   * Most milliseconds from the first scan to the last, to tell a zombie from a process that is just ending,
   * and a reader that never reads from a slow one. Default: 2500. A verdict that two scans settle takes two
   * scans.
   */
  readonly longestMs?: number | undefined;
  /**
   * Most milliseconds for everything, including the scans. A further scan that would hardly fit is left out,
   * and its findings stay `'possible'`. Default: no limit.
   */
  readonly withinMs?: number | undefined;
}

const INTERVAL_MS = 200;
const LONGEST_MS = 2500;
/** For long observations: each scan of a large machine is noticeable load. */
const PATIENT_INTERVAL_MS = 500;

/**
 * Takes snapshots of the same processes: one if it shows no problem, a second to confirm what it shows, and
 * more if only time can tell (the first and the last two are kept). Rejects with the DoctorError of
 * `takeSnapshot`; a process that ends during the observation is not an error.
 */
export async function observe(options: ObserveOptions = {}): Promise<Snapshot[]> {
  const observer = new Observer(options);
  for (let pauseMs = observer.look(); pauseMs !== undefined; pauseMs = observer.look())
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  return observer.snapshots;
}

/** `observe` step by step, for callers that wait without promises. */
export class Observer {
  readonly #what: SnapshotOptions;
  readonly #intervalMs: number;
  readonly #longestMs: number;
  readonly #withinMs: number;
  #snapshots: Snapshot[] = [];
  #beganMs = 0;
  /** End of the first scan. */
  #sinceMs = 0;
  #scanMs = 0;

  constructor(options: ObserveOptions = {}) {
    const { intervalMs, longestMs, withinMs, ...what } = ownProperties(options);
    this.#what = what;
    this.#intervalMs = intervalMs ?? INTERVAL_MS;
    this.#longestMs = longestMs ?? LONGEST_MS;
    this.#withinMs = withinMs ?? Number.POSITIVE_INFINITY;
  }

  /** At least one snapshot after the first `look`. */
  get snapshots(): Snapshot[] {
    return this.#snapshots;
  }

  /**
   * Takes a snapshot. Gives the milliseconds until the next call; undefined if no further snapshot is needed
   * or allowed.
   */
  look(): number | undefined {
    const [first] = this.#snapshots;
    if (!first) {
      this.#beganMs = monotonicMs();
      this.#snapshots = [this.#scan(this.#what)];
      this.#sinceMs = monotonicMs();
    } else {
      // On a busy machine the call may come too late.
      if (!this.#fits(0)) return undefined;
      const latest = this.#snapshots.slice(1).slice(-1);
      this.#snapshots = [first, ...latest, this.#scan({ ...this.#what, mayHaveEnded: true })];
    }
    const pauseMs = this.#pauseMs();
    return pauseMs !== undefined && this.#fits(pauseMs) ? pauseMs : undefined;
  }

  #scan(what: SnapshotOptions): Snapshot {
    const began = monotonicMs();
    const snapshot = takeSnapshot(what);
    this.#scanMs = monotonicMs() - began;
    return snapshot;
  }

  #pauseMs(): number | undefined {
    const need = needs(this.#snapshots);
    if (need === 'enough') return undefined;
    if (need === 'confirm') return this.#intervalMs;
    // The last scan comes at the very end, however long the earlier ones took.
    const leftMs = this.#sinceMs + this.#longestMs - monotonicMs();
    if (leftMs <= 0) return undefined;
    return Math.ceil(Math.min(leftMs, Math.max(this.#intervalMs, PATIENT_INTERVAL_MS)));
  }

  #fits(pauseMs: number): boolean {
    return monotonicMs() - this.#beganMs + pauseMs + this.#scanMs <= this.#withinMs;
  }
}

/**
 * Why processes hang: in the tree of each of `pids`, or among all processes this user may see. Reads /proc,
 * twice about 200 ms apart if something looks wrong, and changes nothing.
 *
 * Rejects with DoctorError: `ERR_DOCTOR_NO_PROC` without /proc, `ERR_DOCTOR_NO_PROCESS` for a pid that does
 * not exist.
 *
 * @example
 * import { describe, diagnose } from 'spillway/doctor';
 * console.log(describe(await diagnose({ pids: [pid] })));
 */
export async function diagnose(options: ObserveOptions = {}): Promise<Diagnosis> {
  return judge(await observe(options));
}
