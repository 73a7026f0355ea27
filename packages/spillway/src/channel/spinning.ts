/**
 * Whether it is worth looking again and again for a moment, instead of going to sleep and being woken: of a short answer, the sleep of
 * both sides is more than half of the time.
 *
 * Only when the last waits were as short as that, so it takes no more time than has been spent waiting; when it fails once, it must be
 * earned anew. Not while another channel is waited for as well, which would wait for this one, and not on a single processor, which the
 * other side needs.
 */
import { availableParallelism } from 'node:os';

/** So long it looks. */
export const SPIN_MS = 0.05;
const SHORT_WAITS_TO_BEGIN = 16;
/** Longer waits that are forgiven, for one each of a hundred: somebody else had the processor. */
const AFTER_FAILURE = -256;

let canSpin: boolean | undefined;
/** Channels that somebody waits for, in this thread. */
let awaited = 0;

export class Spinning {
  #shortWaits = 0;
  #since: number | undefined;

  /** Somebody waits from now on, asleep. */
  begin(): void {
    if (this.#since === undefined) awaited++;
    this.#since = performance.now();
  }

  /** Nobody does any more. */
  stop(): void {
    if (this.#since !== undefined) awaited--;
    this.#since = undefined;
  }

  /** It was woken. */
  woke(now: number): void {
    if (this.#since === undefined) return;
    if (now - this.#since < SPIN_MS) this.#shortWaits++;
    else this.#shortWaits = Math.min(this.#shortWaits, 0);
    this.#since = now;
  }

  failed(): void {
    this.#shortWaits = AFTER_FAILURE;
  }

  get isWorthIt(): boolean {
    if (this.#shortWaits < SHORT_WAITS_TO_BEGIN || awaited > (this.#since === undefined ? 0 : 1))
      return false;
    canSpin ??= availableParallelism() > 1;
    return canSpin;
  }
}
