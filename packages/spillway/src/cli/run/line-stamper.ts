/** Puts the time and the stream's name before each line of a stream. */

const NEWLINE = 0x0a;
/** A longer line is continued on the next, so that what is never ended does not fill memory. */
const LONGEST_LINE = 65536;

/**
 * Lines are handed on when they are complete, so that those of two streams can stand in one file. The time is that of a line's
 * first byte. Lines are cut at newline bytes, which are part of no other UTF-8 character; a line longer than 64 KiB between two
 * characters, and its continuation has a plus sign: `2025-01-31T12:00:00.000Z out+ …`.
 */
export class LineStamper {
  readonly #stream: string;
  /** Of the line that has no end yet; undefined between lines. */
  #stamp: string | undefined;
  #open: Buffer[] = [];
  #openBytes = 0;

  constructor(stream: string) {
    this.#stream = stream;
  }

  /** The lines that are complete with this chunk. The chunk is kept for as long as its last line is not. */
  stamp(chunk: Buffer): Buffer {
    const now = new Date().toISOString();
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

  /** What is left, as a line. */
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

/** The last place up to `at` where no UTF-8 character is cut; `at` itself where it is no UTF-8. */
function characterBoundary(bytes: Buffer, at: number): number {
  for (let end = at; end > at - 4; end--) {
    // Continuation bytes are 10xxxxxx.
    if (((bytes[end] as number) & 0xc0) !== 0x80) return end;
  }
  return at;
}
