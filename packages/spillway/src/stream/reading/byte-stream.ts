/** The ways to read bytes, the same for live output and captured output. */

import { constants } from 'node:buffer';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { withCode } from '../../base/index.js';
import { Chunks } from './chunks.js';
import type { Feed, Receiver } from './feed.js';
import { LineBatches, type LineOptions, Lines, type TextEncoding } from './lines.js';

export abstract class ByteStream implements AsyncIterable<Buffer> {
  /** The encoding of `text()` and of the line iterators. */
  readonly encoding: TextEncoding;

  constructor(encoding: TextEncoding) {
    this.encoding = encoding;
  }

  protected abstract open(receiver: Receiver): Feed;

  /**
   * Lines without their line ends (`\n` or `\r\n`); a last one without a newline counts. For `for await`; see
   * `lineBatches` for the fastest way. Errors: a line longer than `maxLength`.
   */
  lines(options?: LineOptions): AsyncIterableIterator<string> {
    return new Lines((receiver) => this.open(receiver), this.encoding, options);
  }

  /** Lines in arrays, each with all lines that have arrived; never an empty array. */
  lineBatches(options?: LineOptions): AsyncIterableIterator<string[]> {
    return new LineBatches((receiver) => this.open(receiver), this.encoding, options);
  }

  /** Chunks of bytes as they arrive; the reader may keep each. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return new Chunks((receiver) => this.open(receiver));
  }

  /** All bytes in one buffer. Errors: RangeError above `buffer.constants.MAX_LENGTH`. */
  async bytes(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > constants.MAX_LENGTH) throw tooLarge('a Buffer', constants.MAX_LENGTH);
    }
    return Buffer.concat(chunks, size);
  }

  /** All bytes as text, the last newline included. Errors: RangeError above the longest string (512 MiB). */
  async text(): Promise<string> {
    const bytes = await this.bytes();
    return decode(bytes, this.encoding);
  }

  /** A Node stream of the bytes. Destroying it is like leaving a `for await` loop early. */
  stream(): Readable {
    return Readable.from(this, { objectMode: false });
  }

  /** Writes the bytes to a file, replacing one that exists. Errors: those of open(2) and write(2). */
  async saveTo(path: string | URL): Promise<void> {
    await pipeline(this.stream(), createWriteStream(path));
  }
}

export function decode(bytes: Buffer, encoding: TextEncoding): string {
  if (bytes.length > constants.MAX_STRING_LENGTH && encoding === 'latin1') throw tooLong(bytes.length);
  try {
    return bytes.toString(encoding);
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
