/** Iterators over lines, without a promise for each line. */
import { ownProperties } from '../../base/index.js';
import type { OpenFeed, Receiver, StreamIterator } from './feed.js';
import { Hold } from './hold.js';
import { type LineOptions, LineSplitter, type TextEncoding } from './line-splitter.js';
import { Reads } from './reads.js';

export { type LineEnds, type LineOptions, LineSplitter, type TextEncoding } from './line-splitter.js';

/**
 * Batches of lines as they arrive, one array for each chunk that completes a line. Holds at most two, the one
 * being read and the next; then the source waits.
 */
export class LineBatches implements StreamIterator<string[]>, Receiver {
  readonly #splitter: LineSplitter;
  readonly #reads = new Reads<string[]>();
  readonly #hold: Hold<string[]>;
  #ready: string[] | undefined;
  /** The bytes of `#ready`. */
  #readySources: (() => Buffer)[] = [];
  /** The batch that was handed out last, and its bytes. */
  #taken: string[] = [];
  #takenSources: (() => Buffer)[] = [];

  constructor(open: OpenFeed, encoding: TextEncoding, options?: LineOptions) {
    const { maxLength, ends } = ownProperties(options);
    this.#splitter = new LineSplitter(encoding, maxLength, ends);
    this.#hold = new Hold(open, this, this.#reads);
  }

  next(): Promise<IteratorResult<string[]>> {
    if (!this.#reads.isOver) this.#hold.take();
    const value = this.#ready;
    if (!value) return this.#reads.wait();
    this.#handOut(value, this.#readySources);
    this.#ready = undefined;
    this.#readySources = [];
    this.#hold.resume();
    return Promise.resolve({ done: false, value });
  }

  return(): Promise<IteratorResult<string[]>> {
    this.#ready = undefined;
    this.#hold.leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  release(): void {
    this.giveBack(this.#taken, this.#taken.length);
  }

  /** Releases the stream; the reader has had `count` lines of the batch `current`. */
  giveBack(current: readonly string[], count: number): void {
    this.#hold.release(() => {
      const taken = Buffer.concat(this.#takenSources.map((source) => source()));
      const had = current === this.#taken ? count : 0;
      const ready = this.#readySources.map((source) => source());
      return [this.#splitter.skip(taken, had), ...ready, this.#splitter.begun];
    });
    this.#ready = undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  chunk(view: Buffer): boolean {
    let lines: string[];
    try {
      lines = this.#splitter.push(view);
    } catch (error) {
      this.#hold.fail(error);
      return false;
    }
    return lines.length === 0 || this.#deliver(lines);
  }

  last(): void {
    const rest = this.#splitter.finish();
    if (rest.length > 0) this.#deliver(rest);
  }

  end(error?: unknown): void {
    this.#reads.end(error);
  }

  /** True if the reader was waiting; then the source goes on. */
  #deliver(lines: string[]): boolean {
    const source = this.#splitter.sourceOfLast();
    if (this.#reads.give(lines)) {
      this.#handOut(lines, [source]);
      return true;
    }
    this.#ready = this.#ready ? [...this.#ready, ...lines] : lines;
    this.#readySources.push(source);
    return false;
  }

  #handOut(lines: string[], sources: (() => Buffer)[]): void {
    this.#taken = lines;
    this.#takenSources = sources;
  }
}

/**
 * Lines one by one. While lines are at hand, `next()` returns a fulfilled promise: awaiting it costs one
 * microtask; that of an async function or generator would cost three. (A bare result instead of a promise
 * would be no faster, since `await` wraps it in one, and would break callers of `next().then()`.)
 */
export class Lines implements StreamIterator<string> {
  readonly #batches: LineBatches;
  #lines: readonly string[] = [];
  #at = 0;
  /** The last call that waits. */
  #turn: Promise<IteratorResult<string>> | undefined;
  #released = false;

  constructor(open: OpenFeed, encoding: TextEncoding, options?: LineOptions) {
    this.#batches = new LineBatches(open, encoding, options);
  }

  next(): Promise<IteratorResult<string>> {
    if (this.#at < this.#lines.length && !this.#turn) {
      return Promise.resolve({ done: false, value: this.#lines[this.#at++] as string });
    }
    return this.#more();
  }

  return(): Promise<IteratorResult<string>> {
    this.#lines = [];
    return this.#batches.return() as unknown as Promise<IteratorResult<string>>;
  }

  release(): void {
    this.#released = true;
    this.#batches.giveBack(this.#lines, this.#at);
    this.#lines = [];
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Concurrent calls take turns, so that they get the lines in order. */
  #more(): Promise<IteratorResult<string>> {
    const advance = () => this.#advance();
    const turn = this.#turn ? this.#turn.then(advance, advance) : advance();
    this.#turn = turn;
    const clear = () => {
      if (this.#turn === turn) this.#turn = undefined;
    };
    turn.then(clear, clear);
    return turn;
  }

  async #advance(): Promise<IteratorResult<string>> {
    if (this.#at >= this.#lines.length) {
      const batch = await this.#batches.next();
      // A batch that came after the release has been given back.
      if (batch.done || this.#released) return { done: true, value: undefined };
      this.#lines = batch.value;
      this.#at = 0;
    }
    return { done: false, value: this.#lines[this.#at++] as string };
  }
}
