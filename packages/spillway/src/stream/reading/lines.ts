/** Turns bytes into lines: splits, decodes, and iterates without a promise for each line. */

import { isAscii } from 'node:buffer';
import { inspect } from 'node:util';
import { withCode } from '../../base/index.js';
import type { Feed, OpenFeed, Receiver } from './feed.js';
import { Reads } from './reads.js';

export type TextEncoding = 'utf8' | 'latin1';

export interface LineOptions {
  /** The longest line in bytes; a longer one is an error, so that it cannot fill memory. Default: 64 MiB. */
  readonly maxLength?: number;
}

const DEFAULT_MAX_LENGTH = 64 * 1024 * 1024;
const NEWLINE = 10;

/** Decodes whole lines. In UTF-8, 0x0a is never part of another character, so no character is split. */
export class LineSplitter {
  readonly #encoding: TextEncoding;
  readonly #maxLength: number;
  /** The beginning of an unfinished line. */
  #begun: Buffer[] = [];
  #begunBytes = 0;

  constructor(encoding: TextEncoding, maxLength = DEFAULT_MAX_LENGTH) {
    if (typeof maxLength !== 'number' || !(maxLength >= 1)) {
      const problem = `maxLength is ${inspect(maxLength)}; allowed: a number of bytes from 1`;
      throw withCode(new RangeError(problem), 'ERR_INVALID_ARG_VALUE');
    }
    this.#encoding = encoding;
    this.#maxLength = maxLength;
  }

  /** The lines that these bytes complete, without their line ends (`\n` or `\r\n`). */
  push(view: Buffer): string[] {
    const last = view.lastIndexOf(NEWLINE);
    if (view.length > this.#maxLength) this.#checkLengths(view);
    if (last < 0) {
      this.#begin(view);
      return [];
    }
    const first = this.#begun.length > 0 ? view.indexOf(NEWLINE) : -1;
    const lines = first < last ? this.#split(view, first + 1, last) : [];
    if (first >= 0)
      lines.unshift(...this.#splitWhole(Buffer.concat([...this.#begun, view.subarray(0, first)])));
    this.#begun = [];
    this.#begunBytes = 0;
    if (last + 1 < view.length) this.#begin(view.subarray(last + 1));
    return lines;
  }

  /** The last line, if it has no newline. */
  finish(): string[] {
    if (this.#begunBytes === 0) return [];
    const rest = Buffer.concat(this.#begun);
    this.#begun = [];
    this.#begunBytes = 0;
    return this.#splitWhole(rest);
  }

  /** The bound must not depend on how the bytes were cut, so lines within a large chunk are measured too. */
  #checkLengths(view: Buffer): void {
    let start = 0;
    for (let end = view.indexOf(NEWLINE); end >= 0; end = view.indexOf(NEWLINE, start)) {
      this.#requireLength(end - start + (start === 0 ? this.#begunBytes : 0));
      start = end + 1;
    }
  }

  #requireLength(bytes: number): void {
    if (bytes <= this.#maxLength) return;
    const problem =
      `a line is longer than ${this.#maxLength} bytes; ` +
      'raise lines({ maxLength }), or read chunks with for await (… of stream)';
    throw withCode(new RangeError(problem), 'ERR_LINE_TOO_LONG');
  }

  #begin(view: Buffer): void {
    this.#begunBytes += view.length;
    this.#requireLength(this.#begunBytes);
    this.#begun.push(Buffer.from(view));
  }

  #splitWhole(bytes: Buffer): string[] {
    return this.#split(bytes, 0, bytes.length);
  }

  #split(view: Buffer, start: number, end: number): string[] {
    const text = this.#decode(view, start, end);
    const lines = text.split('\n');
    if (!text.includes('\r')) return lines;
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  /** Most output is ASCII; for ASCII the latin1 decoder gives the same text several times faster. */
  #decode(view: Buffer, start: number, end: number): string {
    const oneByte = this.#encoding === 'latin1' || isAscii(view.subarray(start, end));
    return view.toString(oneByte ? 'latin1' : 'utf8', start, end);
  }
}

/**
 * Batches of lines as they arrive, one array for each chunk that completes a line. Holds at most two, the one
 * being read and the next; then the source waits.
 */
export class LineBatches implements AsyncIterableIterator<string[]>, Receiver {
  readonly #open: OpenFeed;
  readonly #splitter: LineSplitter;
  #feed: Feed | undefined;
  #ready: string[] | undefined;
  readonly #reads = new Reads<string[]>();

  constructor(open: OpenFeed, encoding: TextEncoding, options: LineOptions = {}) {
    this.#open = open;
    this.#splitter = new LineSplitter(encoding, options.maxLength);
  }

  /** A batch that has already arrived, without a promise. */
  take(): string[] | undefined {
    const lines = this.#ready;
    if (lines) {
      this.#ready = undefined;
      this.#feed?.resume();
    }
    return lines;
  }

  next(): Promise<IteratorResult<string[]>> {
    this.#feed ??= this.#open(this);
    const value = this.take();
    return value ? Promise.resolve({ done: false, value }) : this.#reads.wait();
  }

  return(): Promise<IteratorResult<string[]>> {
    if (!this.#reads.isOver) {
      this.#feed ??= this.#open(this);
      this.#feed.cancel();
    }
    this.#ready = undefined;
    this.#reads.leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  chunk(view: Buffer): boolean {
    let lines: string[];
    try {
      lines = this.#splitter.push(view);
    } catch (error) {
      this.#feed?.cancel();
      this.end(error);
      return false;
    }
    return lines.length === 0 || this.#deliver(lines);
  }

  end(error?: unknown): void {
    const rest = error === undefined ? this.#splitter.finish() : [];
    if (rest.length > 0) this.#deliver(rest);
    this.#reads.end(error);
  }

  /** True if the reader was waiting; then the source goes on. */
  #deliver(lines: string[]): boolean {
    if (this.#reads.give(lines)) return true;
    this.#ready = this.#ready ? [...this.#ready, ...lines] : lines;
    return false;
  }
}

/**
 * Lines one by one. While lines are at hand, `next()` returns a fulfilled promise: awaiting it costs one
 * microtask; that of an async function or generator would cost three. (A bare result instead of a promise
 * would be no faster, since `await` wraps it in one, and would break callers of `next().then()`.)
 */
export class Lines implements AsyncIterableIterator<string> {
  readonly #batches: LineBatches;
  #lines: readonly string[] = [];
  #at = 0;
  /** The last call that waits. */
  #turn: Promise<IteratorResult<string>> | undefined;

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
      if (batch.done) return batch;
      this.#lines = batch.value;
      this.#at = 0;
    }
    return { done: false, value: this.#lines[this.#at++] as string };
  }
}
