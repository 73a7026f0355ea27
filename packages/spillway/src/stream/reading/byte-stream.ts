/** The ways to read bytes, the same for live output and captured output. */

import { constants } from 'node:buffer';
import { promises } from 'node:fs';
import { Readable } from 'node:stream';
import { streamOptions, withCode } from '../../base/index.js';
import { Chunks } from './chunks.js';
import type { Feed, Receiver, StreamIterator } from './feed.js';
import { type LabelledLine, LabelledLines } from './labelled-lines.js';
import { LineSearch, type UntilOptions, type WantedLine } from './line-search.js';
import { textIn } from './line-splitter.js';
import { LineBatches, type LineOptions, Lines, type TextEncoding } from './lines.js';

export abstract class ByteStream implements AsyncIterable<Buffer> {
  /** The encoding of `text()` and of the line iterators. */
  readonly encoding: TextEncoding;

  constructor(encoding: TextEncoding) {
    this.encoding = encoding;
  }

  /** The lines of several streams, in the order in which they arrive. */
  static labelled<Name extends string>(
    streams: readonly (readonly [Name, ByteStream])[],
    options?: LineOptions,
  ): StreamIterator<LabelledLine<Name>> {
    const sources = streams.map(([name, stream]) => ({
      name,
      open: (receiver: Receiver) => stream.open(receiver),
      encoding: stream.encoding,
    }));
    return new LabelledLines(sources, options);
  }

  protected abstract open(receiver: Receiver): Feed;

  /** The same for a reader who wants one line, and will let go. */
  protected openSearch(receiver: Receiver): Feed {
    return this.open(receiver);
  }

  /**
   * Lines without their line ends (`\n` or `\r\n`); a last one without a newline counts. For `for await`;
   * see `lineBatches` for the fastest way. Errors: a line longer than `maxLength`; of a running child, at the
   * end: the RunError that `result` rejects with.
   */
  lines(options?: LineOptions): StreamIterator<string> {
    return new Lines((receiver) => this.open(receiver), this.encoding, options);
  }

  /** Lines in arrays, each with all lines that have arrived; never an empty array. Errors: as for `lines`. */
  lineBatches(options?: LineOptions): StreamIterator<string[]> {
    return new LineBatches((receiver) => this.open(receiver), this.encoding, options);
  }

  /**
   * Awaits a line, and lets go of the stream: what follows goes where it would have gone without this call,
   * and a later reader begins after the line. With `'auto'` the result has all of the output nevertheless.
   *
   * @param line A part of it, an expression that it matches, or a function that says whether it is the one.
   * @returns The whole line.
   * @throws an Error with the code `'ERR_LINE_NOT_FOUND'` when the output ends without it (`cause` is the
   *   RunError of a command that failed), `'ERR_LINE_TIMEOUT'` after `timeout`, when the child runs on; what
   *   the function throws; a RangeError for a line longer than `maxLength`.
   */
  async until(line: WantedLine, options?: UntilOptions): Promise<string> {
    return await new LineSearch((receiver) => this.openSearch(receiver), this.encoding, line, options).line;
  }

  /** Chunks of bytes as they arrive; the reader may keep each. Errors at the end: as for `lines`. */
  [Symbol.asyncIterator](): StreamIterator<Buffer> {
    return new Chunks((receiver) => this.open(receiver));
  }

  /** All bytes in one buffer. Errors: RangeError above `buffer.constants.MAX_LENGTH`; and as for `lines`. */
  async bytes(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    const reader = new Chunks((receiver) => this.open(receiver));
    for await (const chunk of reader) {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= constants.MAX_LENGTH) continue;
      const error = tooLarge('a Buffer', constants.MAX_LENGTH);
      await reader.throw(error);
      throw error;
    }
    return Buffer.concat(chunks, size);
  }

  /** All bytes as text, the last newline included. Errors: RangeError above the longest string (512 MiB). */
  async text(): Promise<string> {
    const bytes = await this.bytes();
    return decode(bytes, this.encoding);
  }

  /**
   * A Node stream of the bytes. Destroying it is like leaving a `for await` loop early; destroying it with an
   * error, as `stream.pipeline` does when a sink fails, makes the run fail with that error. A command that
   * fails destroys it with its RunError; without a listener for 'error', `result` alone tells.
   */
  stream(): Readable {
    // A bare `.pipe()` listens for no errors, and the program that awaits the result must not die of one.
    return Readable.from(this, streamOptions({ objectMode: false, highWaterMark: 1 })).on('error', () => {});
  }

  /** Writes the bytes to a file, replacing one that exists. Errors: those of open(2) and write(2). */
  async saveTo(path: string | URL): Promise<void> {
    const file = await promises.open(path, 'w');
    try {
      for await (const chunk of this)
        for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
    } finally {
      await file.close();
    }
  }
}

export function decode(bytes: Buffer, encoding: TextEncoding): string {
  const characters = encoding === 'latin1' ? bytes.length : encoding === 'utf16le' ? bytes.length / 2 : 0;
  if (characters > constants.MAX_STRING_LENGTH) throw tooLong(bytes.length);
  try {
    return textIn(bytes, encoding);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_STRING_TOO_LONG') throw tooLong(bytes.length);
    throw error;
  }
}

export function tooLong(bytes: number): RangeError {
  const error = new RangeError(
    `${bytes} bytes are more than JavaScript's longest string (${constants.MAX_STRING_LENGTH} characters); ` +
      'read them with lines() or stream(), or store them with saveTo(path)',
  );
  return withCode(error, 'ERR_OUTPUT_TOO_LARGE');
}

function tooLarge(what: string, most: number): RangeError {
  const problem = `the output is larger than ${what} can be (${most} bytes); use stream() or saveTo(path)`;
  return withCode(new RangeError(problem), 'ERR_OUTPUT_TOO_LARGE');
}
