/**
 * Finds out what a command waits for when its time is up, before any of its processes is ended. That delays
 * the end by some 20 ms where nothing hangs, and by 300 ms at most.
 */
import { monotonicMs, type Timer } from '../../base/index.js';
import type * as Doctor from '../../doctor/index.js';
import type { CommandHost } from '../host.js';

/** What was found, and the words for it. */
export interface Explanation {
  readonly diagnosis: Doctor.Diagnosis;
  readonly text: string;
}

const LONGEST_MS = 300;
/** A second look after this time confirms the first. */
const INTERVAL_MS = 150;

/** One diagnosis of one command or pipeline. */
export class TimeoutDiagnosis {
  /** Undefined before the look, and where nothing could be found out, as without /proc. */
  found: Explanation | undefined;
  readonly #host: CommandHost;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(host: CommandHost) {
    this.#host = host;
  }

  /** Looks at the trees of these processes. Calls `done` later, unless it is cancelled before. */
  begin(pids: readonly number[], done: () => void, ownContribution: OwnContribution): void {
    const beganMs = monotonicMs();
    this.#host.loadDoctor((doctor) => {
      const leftMs = LONGEST_MS - (monotonicMs() - beganMs);
      this.#look(doctor ? looks(doctor, pids, leftMs, ownContribution) : () => undefined, done);
    });
  }

  /** The command has ended, or its end cannot wait. */
  cancel(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  #look(look: Look, done: () => void): void {
    if (this.#isOver) return;
    let found: ReturnType<Look>;
    try {
      found = look();
    } catch {
      // A diagnosis that fails must not keep the command alive.
    }
    if (typeof found === 'number') {
      this.#timer = this.#host.timers.after(found, () => this.#look(look, done));
      return;
    }
    this.#isOver = true;
    this.found = found;
    done();
  }
}

/** Returns the milliseconds until the next call, or what was found. */
type Look = () => number | Explanation | undefined;
type OwnContribution = (diagnosis: Doctor.Diagnosis) => readonly string[];

function looks(
  doctor: typeof Doctor,
  pids: readonly number[],
  withinMs: number,
  ownContribution: OwnContribution,
): Look {
  const observer = new doctor.Observer({
    pids,
    mayHaveEnded: true,
    intervalMs: INTERVAL_MS,
    longestMs: 0,
    withinMs,
  });
  return () => {
    const pauseMs = observer.look();
    if (pauseMs !== undefined) return pauseMs;
    const diagnosis = doctor.judge(observer.snapshots);
    return { diagnosis, text: [doctor.describeWaits(diagnosis), ...ownContribution(diagnosis)].join('\n') };
  };
}
