/** Chunks one by one, each a copy that the reader may keep. */
import type { OpenFeed, Receiver, StreamIterator } from './feed.js';
import { Hold } from './hold.js';
import { Reads } from './reads.js';

/** Holds at most one chunk that the reader has not requested yet; then the source waits. */
export class Chunks implements StreamIterator<Buffer>, Receiver {
  readonly #reads = new Reads<Buffer>();
  readonly #hold: Hold<Buffer>;
  #ready: Buffer[] = [];

  constructor(open: OpenFeed) {
    this.#hold = new Hold(open, this, this.#reads);
  }

  next(): Promise<IteratorResult<Buffer>> {
    if (!this.#reads.isOver) this.#hold.take();
    const value = this.#ready.shift();
    if (!value) return this.#reads.wait();
    this.#hold.resume();
    return Promise.resolve({ done: false, value });
  }

  return(): Promise<IteratorResult<Buffer>> {
    this.#ready = [];
    this.#hold.leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The reader failed, as a Node stream of the bytes does that is destroyed with an error. */
  throw(error?: unknown): Promise<IteratorResult<Buffer>> {
    this.#ready = [];
    this.#hold.leave(error ?? new Error('the reader of this stream failed'));
    return Promise.resolve({ done: true, value: undefined });
  }

  release(): void {
    this.#hold.release(() => this.#ready.splice(0));
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

  last(): void {}

  end(error?: unknown): void {
    this.#reads.end(error);
  }
}
