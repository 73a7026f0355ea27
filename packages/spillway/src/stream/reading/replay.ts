/** Feeds stored bytes to a receiver, at the receiver's pace. */
import { queueMicrotask } from '../../base/index.js';
import type { Receiver } from './feed.js';

/**
 * Each chunk is handed out as a copy, which soon becomes garbage. With 64 KiB some 4 MB more wait for the
 * garbage collector; with 16 KiB reading takes twice as long.
 */
const READ_BYTES = 32 * 1024;

/** Bytes that can be read at any place. */
export interface Stored {
  readonly size: number;
  /**
   * Some bytes from `position` on, at least one: a view of kept bytes, or of `into` with bytes from a file.
   */
  readAt(position: number, into: Buffer): Buffer | Promise<Buffer>;
}

export class Replay {
  readonly #stored: () => Stored;
  readonly #receiver: Receiver;
  readonly #caughtUp: () => void;
  readonly #failed: (error: unknown) => void;
  #buffer: Buffer | undefined;
  /** The next byte that the receiver gets. */
  #position: number;
  #state: 'idle' | 'running' | 'paused' | 'cancelled' = 'idle';

  /**
   * `caughtUp`: the receiver has all that is stored by now; `wake` it when there is more. `failed`: some of
   * it could not be read.
   */
  constructor(
    stored: () => Stored,
    position: number,
    receiver: Receiver,
    caughtUp: () => void,
    failed: (error: unknown) => void,
  ) {
    this.#stored = stored;
    this.#position = position;
    this.#receiver = receiver;
    this.#caughtUp = caughtUp;
    this.#failed = failed;
    queueMicrotask(() => this.wake());
  }

  get position(): number {
    return this.#position;
  }

  /** There may be more bytes than before. */
  wake(): void {
    if (this.#state === 'idle') this.#run().catch((error) => this.#fail(error));
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'idle';
    queueMicrotask(() => this.wake());
  }

  cancel(): void {
    this.#state = 'cancelled';
  }

  #fail(error: unknown): void {
    if (this.#state === 'cancelled') return;
    this.cancel();
    this.#failed(error);
  }

  async #run(): Promise<void> {
    this.#state = 'running';
    while (this.#position < this.#stored().size) {
      this.#buffer ??= Buffer.allocUnsafeSlow(READ_BYTES);
      const part = await this.#stored().readAt(this.#position, this.#buffer);
      if (this.#isCancelled) return;
      if (part.length === 0)
        throw new Error(`the spill file ends at byte ${this.#position} of ${this.#stored().size}`);
      this.#position += part.length;
      const goesOn = this.#receiver.chunk(part);
      if (this.#isCancelled) return;
      if (!goesOn) {
        this.#state = 'paused';
        return;
      }
    }
    this.#state = 'idle';
    this.#caughtUp();
  }

  get #isCancelled(): boolean {
    return this.#state === 'cancelled';
  }
}
