/**
 * Types a stream of bytes on a terminal, and at its end the key that means end of file.
 *
 * Not through libuv: it cannot reopen the master of a terminal, so it writes to it in a way that blocks
 * (uv_tty_init in src/unix/tty.c), and a program that does not read would stop this one. A full terminal is
 * looked at again after a pause instead.
 */
import { Writable } from 'node:stream';
import type { ChildTerminal } from '../reader/index.js';

const LONGEST_PAUSE_MS = 50;
/** Ctrl-D, if the terminal has no other key for it. */
const END_OF_FILE = 4;
/** Kept free at the end of a line, for keys after which it cannot be passed on. */
const MARGIN_BYTES = 64;
const NOTHING = Buffer.alloc(0);

/** Keys after which the line is empty: they end it, or throw it away, most with a signal (termios(3)). */
const LINE_ENDS = new Set(Buffer.from('\n\r\x03\x04\x15\x1a\x1c'));
/**
 * The same, and keys that take something back or add nothing: the line may be empty, so passing it on may
 * mean end of file.
 */
const KEYS = new Set([...LINE_ENDS, ...Buffer.from('\b\x0f\x11\x12\x13\x16\x17\x7f')]);

export class Typist extends Writable {
  readonly #terminal: ChildTerminal;
  /** Bytes since the last line end. */
  #lineLength = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(terminal: ChildTerminal) {
    super();
    this.#terminal = terminal;
    // As with a pipe: writing to a child that has gone does nothing.
    this.on('error', () => {});
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#type(this.#inLines(chunk), done);
  }

  /**
   * Reading gives end of file when the line is empty; otherwise the key passes on what there is, and is
   * needed once more.
   */
  override _final(done: () => void): void {
    const editing = this.#terminal.lineEditing;
    const key = editing?.endOfFile || END_OF_FILE;
    this.#type([Buffer.from(editing && this.#lineLength > 0 ? [key, key] : [key])].values(), done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#retry);
    done(error);
  }

  /**
   * The kernel drops what is too long for a line, so such a line is passed on in pieces, which the reader
   * puts together. Each is made when the one before has been taken, since the program may change the mode at
   * any time.
   */
  *#inLines(bytes: Buffer): Generator<Buffer, void> {
    for (let from = 0; from < bytes.length; ) {
      const to = this.#endOfPiece(bytes, from);
      yield bytes.subarray(from, to ?? bytes.length);
      if (to === undefined) return;
      from = to;
      this.#lineLength = 0;
      const key = this.#terminal.lineEditing?.endOfFile;
      if (key) yield Buffer.from([key]);
    }
  }

  /** Where the line has become so long that it must be passed on; undefined when it need not be. */
  #endOfPiece(bytes: Buffer, from: number): number | undefined {
    const longest = this.#terminal.lineEditing?.longestLine ?? Number.POSITIVE_INFINITY;
    for (let index = from; index < bytes.length; index++) {
      const byte = bytes[index] as number;
      this.#lineLength = LINE_ENDS.has(byte) ? 0 : this.#lineLength + 1;
      if (this.#lineLength >= longest - MARGIN_BYTES && !KEYS.has(byte)) return index + 1;
    }
    return undefined;
  }

  #type(pieces: Iterator<Buffer, unknown>, done: () => void, begun: Buffer = NOTHING, pause = 1): void {
    if (this.destroyed) return;
    let left: Buffer = begun;
    for (;;) {
      if (left.length === 0) {
        const next = pieces.next();
        if (next.done) break;
        left = next.value;
      }
      const count = this.#terminal.type(left);
      // Nobody is there any more who could read it.
      if (count === undefined) break;
      left = left.subarray(count);
      if (left.length > 0) {
        const [rest, nextPause] = [left, count > 0 ? 1 : Math.min(pause * 2, LONGEST_PAUSE_MS)];
        this.#retry = setTimeout(() => this.#type(pieces, done, rest, nextPause), pause);
        return;
      }
    }
    done();
  }
}
