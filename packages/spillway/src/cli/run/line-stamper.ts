/** Puts the time and the stream's name before each line of a stream. */
import { dateNow } from '../../base/index.js';

const NEWLINE = 0x0a;
/** Longer lines are cut, so that output without newlines does not fill memory. */
const LONGEST_LINE = 65536;

/**
 * Emits complete lines only, so that lines of two streams can share a file. A line's time is that of its
 * first byte. A newline byte is part of no other UTF-8 character. A line over 64 KiB is cut between two
 * characters, and its continuation has a plus sign: `2025-01-31T12:00:00.000Z out+ …`.
 */
export class LineStamper {
  readonly #stream: string;
  /** The stamp of the incomplete line; undefined between lines. */
  #stamp: string | undefined;
  #open: Buffer[] = [];
  #openBytes = 0;

  constructor(stream: string) {
    this.#stream = stream;
  }

  /** The lines that this chunk completes. Keeps the chunk's memory while its last line is incomplete. */
  stamp(chunk: Buffer): Buffer {
    const now = dateNow().toISOString();
    const complete: Buffer[] = [];
    for (let at = 0; at < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, at);
      const end = newline === -1 ? chunk.length : newline;
      this.#add(chunk.subarray(at, end), now, complete);
      if (newline !== -1) this.#complete(complete);
      at = end + 1;
    }
    return Buffer.concat(complete);
  }

  /** The incomplete last line, ended with a newline. */
  finish(): Buffer {
    const complete: Buffer[] = [];
    if (this.#stamp !== undefined) this.#complete(complete);
    return Buffer.concat(complete);
  }

  #add(part: Buffer, now: string, complete: Buffer[]): void {
    this.#stamp ??= `${now} ${this.#stream} `;
    this.#open.push(part);
    this.#openBytes += part.length;
    while (this.#openBytes > LONGEST_LINE) this.#cut(now, complete);
  }

  #cut(now: string, complete: Buffer[]): void {
    const line = Buffer.concat(this.#open);
    const end = characterBoundary(line, LONGEST_LINE);
    this.#open = [line.subarray(0, end)];
    this.#complete(complete);
    this.#stamp = `${now} ${this.#stream}+ `;
    this.#open = [line.subarray(end)];
    this.#openBytes = line.length - end;
  }

  #complete(complete: Buffer[]): void {
    complete.push(Buffer.from(this.#stamp ?? ''), ...this.#open, Buffer.from('\n'));
    this.#stamp = undefined;
    this.#open = [];
    this.#openBytes = 0;
  }
}

/** The last position up to `at` between two UTF-8 characters; `at` itself if the bytes are not UTF-8. */
function characterBoundary(bytes: Buffer, at: number): number {
  for (let end = at; end > at - 4; end--) {
    // Continuation bytes are 10xxxxxx.
    if (((bytes[end] as number) & 0xc0) !== 0x80) return end;
  }
  return at;
}
