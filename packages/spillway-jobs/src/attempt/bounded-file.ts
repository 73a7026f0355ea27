/**
 * A file that output is appended to, and that does not grow for ever: it keeps the first 1 MiB and the last
 * 15 MiB. While the command runs it may have up to 31 MiB; then the end is moved to its place, so that each
 * byte is copied once more at most.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { OptionError } from 'spillway';

const HEAD_BYTES = 2 ** 20;
const TAIL_BYTES = 15 * 2 ** 20;
const COPY_BYTES = 2 ** 18;
const { O_CREAT, O_RDWR, O_CLOEXEC = 0 } = constants as typeof constants & { O_CLOEXEC?: number };

export class BoundedFile {
  #fd: number | undefined;
  /** Where this output begins in the file, which may have had some before. */
  readonly #base: number;
  #end: number;
  #bytes = 0;
  #dropped = 0;

  /** Errors: the system's; OptionError for what is no regular file. */
  constructor(path: string) {
    // Not O_APPEND: pwrite(2) would append on Linux. Not blocking: a FIFO without a reader would hold it up.
    const fd = openSync(path, O_CREAT | O_RDWR | O_CLOEXEC | constants.O_NONBLOCK, 0o644);
    const stat = fstatSync(fd);
    if (!stat.isFile()) {
      closeSync(fd);
      throw new OptionError('output', path, 'a regular file, or a function; leave it out to keep nothing');
    }
    this.#fd = fd;
    this.#base = stat.size;
    this.#end = this.#base;
  }

  get counts(): { readonly bytes: number; readonly dropped: number } {
    return { bytes: this.#bytes, dropped: this.#dropped };
  }

  keep(piece: Buffer): void {
    if (this.#fd === undefined) return;
    this.#bytes += piece.length;
    this.#end += this.#write(piece, this.#end);
    if (this.#end - this.#base > HEAD_BYTES + 2 * TAIL_BYTES) this.#drop();
  }

  /** Leaves the file at its final size. Returns what has failed, if anything has. */
  close(): unknown {
    const fd = this.#fd;
    if (fd === undefined) return undefined;
    try {
      if (this.#end - this.#base > HEAD_BYTES + TAIL_BYTES) this.#drop();
      if (this.#dropped > 0) this.#tellGap();
      return undefined;
    } catch (error) {
      return error;
    } finally {
      this.#fd = undefined;
      closeSync(fd);
    }
  }

  /** Moves the last 15 MiB to where the head ends. */
  #drop(): void {
    const buffer = Buffer.allocUnsafe(COPY_BYTES);
    const start = this.#base + HEAD_BYTES;
    const from = this.#end - TAIL_BYTES;
    let copied = 0;
    while (copied < TAIL_BYTES) {
      const count = readSync(this.#fd as number, buffer, 0, COPY_BYTES, from + copied);
      if (count === 0) break;
      this.#write(buffer.subarray(0, count), start + copied);
      copied += count;
    }
    this.#dropped += from - start;
    this.#end = start + copied;
    ftruncateSync(this.#fd as number, this.#end);
  }

  /** Between the two parts, over the last bytes of the first. */
  #tellGap(): void {
    const text = (dropped: number) => Buffer.from(`\n… ${dropped} bytes of output are left out here …\n`);
    // The number of its own digits is part of it.
    const length = text(this.#dropped + text(this.#dropped).length).length;
    this.#dropped += length;
    this.#write(text(this.#dropped), this.#base + HEAD_BYTES - length);
  }

  #write(piece: Buffer, at: number): number {
    for (let done = 0; done < piece.length; )
      done += writeSync(this.#fd as number, piece, done, piece.length - done, at + done);
    return piece.length;
  }
}
