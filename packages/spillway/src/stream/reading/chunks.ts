/** Chunks one by one, each a copy that the reader may keep. */
import type { Feed, OpenFeed, Receiver } from './feed.js';

interface Waiter {
  resolve(result: IteratorResult<Buffer>): void;
  reject(error: unknown): void;
}

/** Holds at most one chunk that the reader has not requested yet; then the source waits. */
export class Chunks implements AsyncIterableIterator<Buffer>, Receiver {
  readonly #open: OpenFeed;
  #feed: Feed | undefined;
  #ready: Buffer[] = [];
  #waiting: Waiter[] = [];
  #end: { error?: unknown } | undefined;
  /** The reader has seen the end, or left. */
  #over = false;

  constructor(open: OpenFeed) {
    this.#open = open;
  }

  next(): Promise<IteratorResult<Buffer>> {
    this.#feed ??= this.#open(this);
    const value = this.#ready.shift();
    if (value) {
      this.#feed.resume();
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (this.#end) this.#answerAll();
    });
  }

  return(): Promise<IteratorResult<Buffer>> {
    if (!this.#over) {
      this.#feed ??= this.#open(this);
      this.#feed.cancel();
    }
    this.#over = true;
    this.#ready = [];
    this.#end = {};
    this.#answerAll();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  chunk(view: Buffer): boolean {
    const value = Buffer.from(view);
    const waiter = this.#waiting.shift();
    if (waiter) {
      waiter.resolve({ done: false, value });
      return true;
    }
    this.#ready.push(value);
    return false;
  }

  end(error?: unknown): void {
    this.#end = error === undefined ? {} : { error };
    this.#answerAll();
  }

  #answerAll(): void {
    for (const waiter of this.#waiting.splice(0)) {
      this.#over = true;
      // Reject once; after that the iteration is over.
      if (this.#end && 'error' in this.#end) {
        waiter.reject(this.#end.error);
        this.#end = {};
      } else waiter.resolve({ done: true, value: undefined });
    }
  }
}
