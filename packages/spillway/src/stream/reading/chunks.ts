/** Chunks one by one, each a copy that the reader may keep. */
import type { Feed, OpenFeed, Receiver } from './feed.js';
import { Reads } from './reads.js';

/** Holds at most one chunk that the reader has not requested yet; then the source waits. */
export class Chunks implements AsyncIterableIterator<Buffer>, Receiver {
  readonly #open: OpenFeed;
  readonly #reads = new Reads<Buffer>();
  #feed: Feed | undefined;
  #ready: Buffer[] = [];

  constructor(open: OpenFeed) {
    this.#open = open;
  }

  next(): Promise<IteratorResult<Buffer>> {
    this.#feed ??= this.#open(this);
    const value = this.#ready.shift();
    if (!value) return this.#reads.wait();
    this.#feed.resume();
    return Promise.resolve({ done: false, value });
  }

  return(): Promise<IteratorResult<Buffer>> {
    if (!this.#reads.isOver) {
      this.#feed ??= this.#open(this);
      this.#feed.cancel();
    }
    this.#ready = [];
    this.#reads.leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  chunk(view: Buffer): boolean {
    const value = Buffer.from(view);
    if (this.#reads.give(value)) return true;
    this.#ready.push(value);
    return false;
  }

  end(error?: unknown): void {
    this.#reads.end(error);
  }
}
