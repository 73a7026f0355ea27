/**
 * Whether it is worth looking again and again for a moment, instead of going to sleep and being woken: of a short answer, the sleep of
 * both sides is more than half of the time, on virtual machines nearly all of it.
 *
 * A look that was in vain costs some microseconds, so after each the next waits are slept through, twice as many as the last time. Nobody
 * looks while another channel is waited for as well, which would wait for this one, nor on a single processor. The kernel does the same for
 * sockets (net.core.busy_poll), for the same time.
 */
import { availableParallelism } from 'node:os';

/** So long it looks. */
export const SPIN_MS = 0.05;
/** Waits that are slept through at first, and after a look that was in vain. */
const FEWEST_SLEPT = 16;
const MOST_SLEPT = 4096;

let canSpin: boolean | undefined;
/** Channels that somebody waits for, in this thread. */
let awaited = 0;

export class Spinning {
  #toSleep = FEWEST_SLEPT;
  #penalty = FEWEST_SLEPT;
  #isAwaited = false;

  /** Whether somebody waits for this channel. */
  set isAwaited(value: boolean) {
    if (value !== this.#isAwaited) awaited += value ? 1 : -1;
    this.#isAwaited = value;
  }

  /** To be asked before each wait. */
  mayLook(): boolean {
    if (this.#toSleep > 0) {
      this.#toSleep--;
      return false;
    }
    if (awaited > (this.#isAwaited ? 1 : 0)) return false;
    canSpin ??= availableParallelism() > 1;
    return canSpin;
  }

  succeeded(): void {
    this.#penalty = FEWEST_SLEPT;
  }

  failed(): void {
    this.#toSleep = this.#penalty;
    this.#penalty = Math.min(2 * this.#penalty, MOST_SLEPT);
  }
}
