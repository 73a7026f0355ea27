/** The lines of several streams in one loop, in the order in which they arrive. */
import { ownProperties } from '../../base/index.js';
import type { Feed, OpenFeed, Receiver, StreamIterator } from './feed.js';
import { type LineOptions, LineSplitter, type TextEncoding } from './line-splitter.js';
import { Reads } from './reads.js';

/** A line, and the stream that it came from. */
export interface LabelledLine<Name extends string = string> {
  readonly stream: Name;
  readonly line: string;
}

export interface LineSource<Name extends string> {
  readonly name: Name;
  readonly open: OpenFeed;
  readonly encoding: TextEncoding;
}

/** Lines that came with one chunk, and have not been read yet. */
interface Batch<Name extends string> {
  readonly side: Side<Name>;
  readonly lines: readonly string[];
  readonly source: () => Buffer;
  at: number;
}

interface Merging<Name extends string> {
  /** False while lines wait for the reader. */
  arrived(side: Side<Name>, lines: readonly string[], source: () => Buffer): boolean;
  failed(error: unknown): void;
  ended(error: unknown): void;
}

class Side<Name extends string> implements Receiver {
  readonly name: Name;
  readonly splitter: LineSplitter;
  readonly #open: OpenFeed;
  readonly #merging: Merging<Name>;
  feed: Feed | undefined;

  constructor({ name, open, encoding }: LineSource<Name>, options: LineOptions, merging: Merging<Name>) {
    this.name = name;
    this.splitter = new LineSplitter(encoding, options.maxLength, options.ends);
    this.#open = open;
    this.#merging = merging;
  }

  start(): void {
    this.feed = this.#open(this);
  }

  chunk(view: Buffer): boolean {
    let lines: string[];
    try {
      lines = this.splitter.push(view);
    } catch (error) {
      this.#merging.failed(error);
      return false;
    }
    return lines.length === 0 || this.#merging.arrived(this, lines, this.splitter.sourceOfLast());
  }

  last(): void {
    const rest = this.splitter.finish();
    if (rest.length > 0) this.#merging.arrived(this, rest, this.splitter.sourceOfLast());
  }

  end(error?: unknown): void {
    this.#merging.ended(error);
  }
}

export class LabelledLines<Name extends string> implements StreamIterator<LabelledLine<Name>> {
  readonly #sides: readonly Side<Name>[];
  readonly #reads = new Reads<LabelledLine<Name>>();
  #queue: Batch<Name>[] = [];
  #running: number;
  #error: unknown;
  #isOpen = false;

  constructor(sources: readonly LineSource<Name>[], options?: LineOptions) {
    const own = ownProperties(options);
    const merging: Merging<Name> = {
      arrived: (side, lines, source) => {
        this.#queue.push({ side, lines, source, at: 0 });
        for (let next = this.#peek(); next && this.#reads.give(next); next = this.#peek()) this.#advance();
        return this.#queue.length === 0;
      },
      failed: (error) => {
        for (const { feed } of this.#sides) feed?.cancel(error);
        this.#reads.end(error);
      },
      ended: (error) => {
        this.#error ??= error;
        this.#running--;
        if (this.#running === 0) this.#reads.end(this.#error);
      },
    };
    this.#sides = sources.map((source) => new Side(source, own, merging));
    this.#running = sources.length;
  }

  next(): Promise<IteratorResult<LabelledLine<Name>>> {
    if (!this.#reads.isOver) this.#start();
    const value = this.#peek();
    if (!value) return this.#reads.wait();
    this.#advance();
    if (this.#queue.length === 0) for (const { feed } of this.#sides) feed?.resume();
    return Promise.resolve({ done: false, value });
  }

  return(): Promise<IteratorResult<LabelledLine<Name>>> {
    this.#queue = [];
    if (!this.#reads.isOver) {
      this.#start();
      for (const { feed } of this.#sides) feed?.cancel();
      this.#reads.leave();
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  release(): void {
    if (this.#reads.isOver) return;
    this.#reads.leave();
    const waiting = this.#queue;
    this.#queue = [];
    for (const side of this.#sides) {
      const unread = waiting.filter((batch) => batch.side === side);
      const parts = unread.map(({ source, at }) => side.splitter.skip(source(), at));
      side.feed?.release([...parts, side.splitter.begun]);
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Throws when one of the streams has a reader already; then none is read. */
  #start(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    try {
      for (const side of this.#sides) side.start();
    } catch (error) {
      for (const { feed } of this.#sides) feed?.release([]);
      this.#reads.leave();
      throw error;
    }
  }

  #peek(): LabelledLine<Name> | undefined {
    const batch = this.#queue[0];
    return batch && { stream: batch.side.name, line: batch.lines[batch.at] as string };
  }

  #advance(): void {
    const batch = this.#queue[0] as Batch<Name>;
    batch.at++;
    if (batch.at === batch.lines.length) this.#queue.shift();
  }
}
