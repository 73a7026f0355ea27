/**
 * Whether to look at the pipe again and again for a moment, instead of sleeping until it is ready. For a
 * short answer, the sleep of both sides takes more than half of the time, on virtual machines nearly all of
 * it.
 *
 * A look in vain costs some microseconds. So after each one the next waits sleep, twice as many as after the
 * last. There is no look while another channel is waited for as well, because that one would be delayed, nor
 * on a single processor. The kernel does the same for sockets (net.core.busy_poll), for the same time.
 */
import { availableParallelism } from 'node:os';

/** How long it looks. */
export const SPIN_MS = 0.05;
/** Waits that sleep at first, and after a look in vain. */
const FEWEST_SLEPT = 16;
const MOST_SLEPT = 4096;

let canSpin: boolean | undefined;
/** The number of channels in this thread that a `receive` waits for. */
let awaited = 0;

export class Spinning {
  #toSleep = FEWEST_SLEPT;
  #penalty = FEWEST_SLEPT;
  #isAwaited = false;

  /** Whether a `receive` waits for this channel. */
  set isAwaited(value: boolean) {
    if (value !== this.#isAwaited) awaited += value ? 1 : -1;
    this.#isAwaited = value;
  }

  /** Call it once before each wait. */
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
