/** Looks as often as it takes to be sure, and no longer than allowed. */
import { type Snapshot, type SnapshotOptions, takeSnapshot } from './snapshot/index.js';
import { type Diagnosis, judge, needs } from './verdict/index.js';

export interface ObserveOptions extends SnapshotOptions {
  /** Milliseconds between two scans; 200. Below 150 the second does not confirm the first. */
  readonly intervalMs?: number | undefined;
  /**
   * Milliseconds, from the first scan to the last, that it may take to tell a zombie from a process that is just ending, and a reader that
   * never reads from one that is slow; 2500. What is certain by two scans never takes longer than those.
   */
  readonly longestMs?: number | undefined;
  /**
   * Milliseconds for all of it, the scans included: after the first, one that would hardly be over by then is left out, and what it would
   * have confirmed is possible at most. Default: none.
   */
  readonly withinMs?: number | undefined;
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
  const observer = new Observer(options);
  for (let pauseMs = observer.look(); pauseMs !== undefined; pauseMs = observer.look())
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  return observer.snapshots;
}

/** `observe` step by step, for who waits by other means than promises. */
export class Observer {
  readonly #what: SnapshotOptions;
  readonly #intervalMs: number;
  readonly #longestMs: number;
  readonly #withinMs: number;
  #snapshots: Snapshot[] = [];
  #beganMs = 0;
  /** When the first scan was over. */
  #sinceMs = 0;
  #scanMs = 0;

  constructor(options: ObserveOptions = {}) {
    const { intervalMs, longestMs, withinMs, ...what } = options;
    this.#what = what;
    this.#intervalMs = intervalMs ?? INTERVAL_MS;
    this.#longestMs = longestMs ?? LONGEST_MS;
    this.#withinMs = withinMs ?? Number.POSITIVE_INFINITY;
  }

  /** At least one, after the first `look`. */
  get snapshots(): Snapshot[] {
    return this.#snapshots;
  }

  /** Takes a snapshot. Milliseconds until it should be called again; undefined when the snapshots are enough, or no more are allowed. */
  look(): number | undefined {
    const [first] = this.#snapshots;
    if (!first) {
      this.#beganMs = performance.now();
      this.#snapshots = [this.#scan(this.#what)];
      this.#sinceMs = performance.now();
    } else {
      // Called late, on a busy machine, there may be no time left.
      if (!this.#fits(0)) return undefined;
      const latest = this.#snapshots.slice(1).slice(-1);
      this.#snapshots = [first, ...latest, this.#scan({ ...this.#what, mayHaveEnded: true })];
    }
    const pauseMs = this.#pauseMs();
    return pauseMs !== undefined && this.#fits(pauseMs) ? pauseMs : undefined;
  }

  #scan(what: SnapshotOptions): Snapshot {
    const began = performance.now();
    const snapshot = takeSnapshot(what);
    this.#scanMs = performance.now() - began;
    return snapshot;
  }

  #pauseMs(): number | undefined {
    const need = needs(this.#snapshots);
    if (need === 'enough') return undefined;
    if (need === 'confirm') return this.#intervalMs;
    // The last look is taken at the end itself, however long those before it took.
    const leftMs = this.#sinceMs + this.#longestMs - performance.now();
    if (leftMs <= 0) return undefined;
    return Math.ceil(Math.min(leftMs, Math.max(this.#intervalMs, PATIENT_INTERVAL_MS)));
  }

  #fits(pauseMs: number): boolean {
    return performance.now() - this.#beganMs + pauseMs + this.#scanMs <= this.#withinMs;
  }
}

/**
 * Why processes hang: one tree for each of `pids`, or everything that this user may see. It reads what the kernel tells in /proc, twice some
 * 200 ms apart where something looks wrong, and changes nothing.
 *
 * Rejects with DoctorError: `NO_PROC` where there is no /proc, `NO_PROCESS` for a pid that does not exist.
 *
 * @example
 * import { describe, diagnose } from 'spillway/doctor';
 * console.log(describe(await diagnose({ pids: [pid] })));
 */
export async function diagnose(options: ObserveOptions = {}): Promise<Diagnosis> {
  return judge(await observe(options));
}
