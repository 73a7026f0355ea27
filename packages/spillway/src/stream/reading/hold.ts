/** A reader's hold on its source: opened at the first call, given up once. */
import type { Feed, OpenFeed, Receiver } from './feed.js';
import type { Reads } from './reads.js';

export class Hold<T> {
  readonly #open: OpenFeed;
  readonly #receiver: Receiver;
  readonly #reads: Reads<T>;
  #feed: Feed | undefined;

  constructor(open: OpenFeed, receiver: Receiver, reads: Reads<T>) {
    this.#open = open;
    this.#receiver = receiver;
    this.#reads = reads;
  }

  /** Reads from now on. Throws when the source has a reader already; then the iteration is over. */
  take(): Feed {
    if (this.#feed) return this.#feed;
    try {
      this.#feed = this.#open(this.#receiver);
      return this.#feed;
    } catch (error) {
      this.#reads.leave();
      throw error;
    }
  }

  resume(): void {
    this.#feed?.resume();
  }

  /** The reader wants no more; with an error, it cannot go on. */
  leave(error?: unknown): void {
    if (this.#reads.isOver) return;
    this.take().cancel(error);
    this.#reads.leave();
  }

  /** The reader lets go. */
  release(unread: () => readonly Buffer[]): void {
    if (this.#reads.isOver) return;
    this.#feed?.release(unread());
    this.#reads.leave();
  }

  /** The reader itself fails, and is told so. */
  fail(error: unknown): void {
    this.#feed?.cancel(error);
    this.#reads.end(error);
  }
}
