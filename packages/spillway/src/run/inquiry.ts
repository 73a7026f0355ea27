/**
 * Why a command has come to its timeout: asked when the time is up, before anything of it is ended, since afterwards there is nothing left to
 * see. It puts the end off by some 20 ms where all is well, and by 300 ms at most.
 */

import type { Timer } from '../base/index.js';
import type * as Doctor from '../doctor/index.js';
import type { Cause } from './cause.js';
import type { Host } from './host.js';

/** What was found, and the words for it. */
export interface Explanation {
  readonly diagnosis: Doctor.Diagnosis;
  readonly text: string;
}

const LONGEST_MS = 300;
/** The least that confirms what a single look shows. */
const INTERVAL_MS = 150;

/** Of one command or pipeline; it asks once. */
export class Inquiry {
  /** Undefined before it has asked, and when nothing could be found out, as where there is no /proc. */
  found: Explanation | undefined;
  readonly #isWanted: boolean;
  readonly #host: Host;
  #timer: Timer | undefined;
  #state: 'new' | 'asking' | 'over' = 'new';

  constructor(isWanted: boolean, host: Host) {
    this.#isWanted = isWanted;
    this.#host = host;
  }

  /** Whether to ask before something is ended for this reason. */
  isDue(cause: Cause): boolean {
    const isTimeUp = cause.kind === 'timeout' || cause.kind === 'idle';
    return this.#isWanted && this.#state === 'new' && isTimeUp && cause.ms > 0;
  }

  /**
   * Looks at the trees of these processes; `done` is called later, unless it is cancelled before. `ownSide`: what else there is to say,
   * in sentences.
   */
  ask(pids: readonly number[], done: () => void, ownSide: OwnSide = () => []): void {
    this.#state = 'asking';
    const beganMs = performance.now();
    this.#host.loadDoctor((doctor) => {
      const leftMs = LONGEST_MS - (performance.now() - beganMs);
      this.#go(doctor ? looks(doctor, pids, leftMs, ownSide) : () => undefined, done);
    });
  }

  /** Whoever it was for has ended, or cannot wait. */
  cancel(): void {
    this.#state = 'over';
    this.#timer?.cancel();
  }

  #go(look: Look, done: () => void): void {
    if (this.#state === 'over') return;
    let found: ReturnType<Look>;
    try {
      found = look();
    } catch {
      // Whatever goes wrong here, the command is ended as it would be without.
    }
    if (typeof found === 'number') {
      this.#timer = this.#host.timers.after(found, () => this.#go(look, done));
      return;
    }
    this.#state = 'over';
    this.found = found;
    done();
  }
}

/** Milliseconds until it is to be called again, or what was found. */
type Look = () => number | Explanation | undefined;
type OwnSide = (diagnosis: Doctor.Diagnosis) => readonly string[];

function looks(doctor: typeof Doctor, pids: readonly number[], withinMs: number, ownSide: OwnSide): Look {
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
    return { diagnosis, text: [doctor.describeWaits(diagnosis), ...ownSide(diagnosis)].join('\n') };
  };
}
