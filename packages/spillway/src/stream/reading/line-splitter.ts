/** Turns bytes into lines: splits and decodes. */
import { isAscii } from 'node:buffer';
import { inspect } from 'node:util';
import { withCode } from '../../base/index.js';

export type TextEncoding = 'utf8' | 'latin1' | 'utf16le';

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

/**
 * Decodes whole lines. In UTF-8, 0x0a and 0x0d are never part of another character, so none is split. In
 * UTF-16 they may be half of one: there, line ends are code units, and chunks are cut between code units.
 */
export class LineSplitter {
  readonly #encoding: TextEncoding;
  readonly #maxLength: number;
  readonly #isAny: boolean;
  /** Bytes of a code unit. */
  readonly #width: 1 | 2;
  /** The first byte of a code unit that is not complete. */
  #half: Buffer = NOTHING;
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
    this.#width = encoding === 'utf16le' ? 2 : 1;
  }

  /** The lines that these bytes complete, without their line ends. */
  push(chunk: Buffer): string[] {
    const whole = this.#width === 1 ? chunk : this.#wholeUnits(chunk);
    const view = this.#isAny ? this.#withoutLateNewline(whole) : whole;
    const last = this.#lastEnd(view);
    if (this.#begunBytes + view.length > this.#maxLength) this.#checkLengths(view);
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
    const rest = last + this.#width;
    if (rest < view.length) this.#begin(view.subarray(rest));
    return lines;
  }

  /** The last line, if it has no line end. */
  finish(): string[] {
    if (this.#begunBytes === 0 && this.#half.length === 0) return [];
    this.#first = this.begun;
    this.#begun = [];
    this.#begunBytes = 0;
    this.#half = NOTHING;
    this.#nothingMore();
    const text = textIn(this.#first, this.#encoding);
    return [text.endsWith('\r') ? text.slice(0, -1) : text];
  }

  /** The bytes of the lines that `push` or `finish` has just given; call it before the next `push`. */
  sourceOfLast(): () => Buffer {
    const [first, rest] = [this.#first, this.#source];
    return () => Buffer.concat([first, typeof rest === 'string' ? Buffer.from(rest, 'latin1') : rest]);
  }

  /** The beginning of an unfinished line. */
  get begun(): Buffer {
    return Buffer.concat([...this.#begun, this.#half]);
  }

  get begunText(): string {
    return textIn(this.begun, this.#encoding);
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

  /** The chunk behind what was left of the last one, up to its last whole code unit. */
  #wholeUnits(chunk: Buffer): Buffer {
    // At an odd address, Node's search for code units does not find all of them.
    const isInPlace = this.#half.length === 0 && chunk.byteOffset % 2 === 0;
    const all = isInPlace ? chunk : Buffer.concat([this.#half, chunk]);
    const end = all.length - (all.length % 2);
    this.#half = Buffer.from(all.subarray(end));
    return all.subarray(0, end);
  }

  #withoutLateNewline(chunk: Buffer): Buffer {
    if (chunk.length === 0) return chunk;
    const view = this.#returned && this.#isAt(chunk, 0, NEWLINE) ? chunk.subarray(this.#width) : chunk;
    this.#returned = view.length > 0 && this.#isAt(view, view.length - this.#width, RETURN);
    return view;
  }

  #isAt(view: Buffer, at: number, unit: number): boolean {
    return view[at] === unit && (this.#width === 1 || view[at + 1] === 0);
  }

  #indexOf(view: Buffer, unit: number, from: number): number {
    if (this.#width === 1) return view.indexOf(unit, from);
    // Node compares code units here, never halves of two.
    return view.indexOf(String.fromCharCode(unit), from, 'utf16le');
  }

  #lastIndexOf(view: Buffer, unit: number): number {
    if (this.#width === 1) return view.lastIndexOf(unit);
    return view.lastIndexOf(String.fromCharCode(unit), undefined, 'utf16le');
  }

  #lastEnd(view: Buffer): number {
    const newline = this.#lastIndexOf(view, NEWLINE);
    return this.#isAny ? Math.max(newline, this.#lastIndexOf(view, RETURN)) : newline;
  }

  #nextEnd(view: Buffer, from: number): number {
    const newline = this.#indexOf(view, NEWLINE, from);
    if (!this.#isAny) return newline;
    // Only before the newline, so that a search does not run through the whole chunk at each line.
    const before = newline < 0 ? view.subarray(from) : view.subarray(from, newline);
    const lone = this.#indexOf(before, RETURN, 0);
    return lone < 0 ? newline : from + lone;
  }

  #afterEnd(view: Buffer, end: number): number {
    const next = end + this.#width;
    const isPair = this.#isAny && this.#isAt(view, end, RETURN) && this.#isAt(view, next, NEWLINE);
    return isPair ? next + this.#width : next;
  }

  /** The bound must not depend on how the bytes were cut, so lines within a large chunk are measured too. */
  #checkLengths(view: Buffer): void {
    let start = 0;
    for (let end = this.#nextEnd(view, 0); end >= 0; end = this.#nextEnd(view, start)) {
      this.#requireLength(end - start + (start === 0 ? this.#begunBytes : 0));
      start = end + this.#width;
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
    const isExact = this.#encoding === 'latin1' || (this.#width === 1 && isAscii(view.subarray(start, last)));
    const end = last + this.#width;
    const text = view.toString(isExact ? 'latin1' : this.#encoding, start, end);
    this.#source = isExact ? text : Buffer.from(view.subarray(start, end));
    const hasReturn = text.includes('\r');
    const lines = text.split(hasReturn && this.#isAny ? /\r\n|\r|\n/ : '\n');
    // After the last line end.
    lines.pop();
    if (!hasReturn || this.#isAny) return lines;
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  }
}

/** The text of bytes that may end within a code unit; nothing is left out in silence. */
export function textIn(bytes: Buffer, encoding: TextEncoding): string {
  const text = bytes.toString(encoding);
  return encoding === 'utf16le' && bytes.length % 2 === 1 ? `${text}\ufffd` : text;
}

function invalid(name: string, value: unknown, allowed: string): RangeError {
  const problem = `${name} is ${inspect(value)}; allowed: ${allowed}`;
  return withCode(new RangeError(problem), 'ERR_INVALID_ARG_VALUE');
}
