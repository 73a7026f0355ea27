/** Turns bytes into lines: splits and decodes. */
import { isAscii } from 'node:buffer';
import { inspect } from 'node:util';
import { withCode } from '../../base/index.js';

export type TextEncoding = 'utf8' | 'latin1';

/** What ends a line: `\n` and `\r\n`, or a lone `\r` as well. */
export type LineEnds = 'lf' | 'any';

export interface LineOptions {
  /** The longest line in bytes; a longer one is an error, so that it cannot fill memory. Default: 64 MiB. */
  readonly maxLength?: number | undefined;
  /**
   * What ends a line. `'any'`: also a `\r` alone, as curl, git and ffmpeg end the lines of their progress.
   * Default: `'lf'`, which is `\n` and `\r\n`.
   */
  readonly ends?: LineEnds | undefined;
}

const DEFAULT_MAX_LENGTH = 64 * 1024 * 1024;
const NEWLINE = 10;
const RETURN = 13;
const NOTHING = Buffer.alloc(0);

/** Decodes whole lines. In UTF-8, 0x0a and 0x0d are never part of another character, so none is split. */
export class LineSplitter {
  readonly #encoding: TextEncoding;
  readonly #maxLength: number;
  readonly #isAny: boolean;
  /** The beginning of an unfinished line. */
  #begun: Buffer[] = [];
  #begunBytes = 0;
  /** The last line ended with a `\r`; a `\n` that follows belongs to it. */
  #returned = false;
  /** What the last lines were made of, for a reader that gives some back; text where it is as exact. */
  #first: Buffer = NOTHING;
  #source: string | Buffer = NOTHING;

  constructor(encoding: TextEncoding, maxLength = DEFAULT_MAX_LENGTH, ends: LineEnds = 'lf') {
    if (typeof maxLength !== 'number' || !(maxLength >= 1)) {
      throw invalid('maxLength', maxLength, 'a number of bytes from 1');
    }
    if (ends !== 'lf' && ends !== 'any') throw invalid('ends', ends, "'lf', 'any'");
    this.#encoding = encoding;
    this.#maxLength = maxLength;
    this.#isAny = ends === 'any';
  }

  /** The lines that these bytes complete, without their line ends. */
  push(chunk: Buffer): string[] {
    const view = this.#isAny ? this.#withoutLateNewline(chunk) : chunk;
    const last = this.#lastEnd(view);
    if (view.length > this.#maxLength) this.#checkLengths(view);
    if (last < 0) {
      this.#begin(view);
      return [];
    }
    const first = this.#begun.length > 0 ? this.#afterEnd(view, this.#nextEnd(view, 0)) : 0;
    this.#first = first > 0 ? Buffer.concat([...this.#begun, view.subarray(0, first)]) : NOTHING;
    const lines = first <= last ? this.#split(view, first, last) : this.#nothingMore();
    if (first > 0) lines.unshift(this.#decodeLine(this.#first));
    this.#begun = [];
    this.#begunBytes = 0;
    if (last + 1 < view.length) this.#begin(view.subarray(last + 1));
    return lines;
  }

  /** The last line, if it has no line end. */
  finish(): string[] {
    if (this.#begunBytes === 0) return [];
    this.#first = Buffer.concat(this.#begun);
    this.#begun = [];
    this.#begunBytes = 0;
    this.#nothingMore();
    const text = this.#first.toString(this.#encoding);
    return [text.endsWith('\r') ? text.slice(0, -1) : text];
  }

  /** The bytes of the lines that `push` or `finish` has just given; call it before the next `push`. */
  sourceOfLast(): () => Buffer {
    const [first, rest] = [this.#first, this.#source];
    return () => Buffer.concat([first, typeof rest === 'string' ? Buffer.from(rest, 'latin1') : rest]);
  }

  /** The beginning of an unfinished line. */
  get begun(): Buffer {
    return Buffer.concat(this.#begun);
  }

  /** What follows after `count` lines. */
  skip(bytes: Buffer, count: number): Buffer {
    let from = 0;
    for (let skipped = 0; skipped < count && from < bytes.length; skipped++) {
      const end = this.#nextEnd(bytes, from);
      from = end < 0 ? bytes.length : this.#afterEnd(bytes, end);
    }
    return bytes.subarray(from);
  }

  #withoutLateNewline(chunk: Buffer): Buffer {
    if (chunk.length === 0) return chunk;
    const view = this.#returned && chunk[0] === NEWLINE ? chunk.subarray(1) : chunk;
    this.#returned = view.length > 0 && view[view.length - 1] === RETURN;
    return view;
  }

  #lastEnd(view: Buffer): number {
    const newline = view.lastIndexOf(NEWLINE);
    return this.#isAny ? Math.max(newline, view.lastIndexOf(RETURN)) : newline;
  }

  #nextEnd(view: Buffer, from: number): number {
    const newline = view.indexOf(NEWLINE, from);
    if (!this.#isAny) return newline;
    // Only before the newline, so that a search does not run through the whole chunk at each line.
    const before = newline < 0 ? view.subarray(from) : view.subarray(from, newline);
    const lone = before.indexOf(RETURN);
    return lone < 0 ? newline : from + lone;
  }

  #afterEnd(view: Buffer, end: number): number {
    const isPair = this.#isAny && view[end] === RETURN && view[end + 1] === NEWLINE;
    return isPair ? end + 2 : end + 1;
  }

  /** The bound must not depend on how the bytes were cut, so lines within a large chunk are measured too. */
  #checkLengths(view: Buffer): void {
    let start = 0;
    for (let end = this.#nextEnd(view, 0); end >= 0; end = this.#nextEnd(view, start)) {
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
    if (view.length > 0) this.#begun.push(Buffer.from(view));
  }

  #nothingMore(): string[] {
    this.#source = NOTHING;
    return [];
  }

  /** The one line of these bytes, which end with its end. */
  #decodeLine(bytes: Buffer): string {
    const text = bytes.toString(this.#encoding);
    return text.slice(0, text.endsWith('\r\n') ? -2 : -1);
  }

  /** The lines from `start` to the line end at `last`. */
  #split(view: Buffer, start: number, last: number): string[] {
    // Most output is ASCII; for ASCII the latin1 decoder gives the same text several times faster.
    const isExact = this.#encoding === 'latin1' || isAscii(view.subarray(start, last));
    const text = view.toString(isExact ? 'latin1' : 'utf8', start, last + 1);
    this.#source = isExact ? text : Buffer.from(view.subarray(start, last + 1));
    const hasReturn = text.includes('\r');
    const lines = text.split(hasReturn && this.#isAny ? /\r\n|\r|\n/ : '\n');
    // After the last line end.
    lines.pop();
    if (!hasReturn || this.#isAny) return lines;
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  }
}

function invalid(name: string, value: unknown, allowed: string): RangeError {
  const problem = `${name} is ${inspect(value)}; allowed: ${allowed}`;
  return withCode(new RangeError(problem), 'ERR_INVALID_ARG_VALUE');
}
