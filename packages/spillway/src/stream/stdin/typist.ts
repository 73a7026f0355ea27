/**
 * Types a stream of bytes on a terminal, and at its end the key for end of file.
 *
 * Not through libuv: it cannot reopen the master of a terminal, so its writes block (uv_tty_init in
 * src/unix/tty.c), and a program that does not read would stop this one. Instead the typist retries a full
 * terminal after a pause.
 */

import { Writable } from 'node:stream';
import { clearTimeout, setTimeout, streamOptions } from '../../base/index.js';
import type { ChildTerminal } from '../reader/index.js';

const LONGEST_PAUSE_MS = 50;
/** Ctrl-D, if the terminal has no other key. */
const END_OF_FILE = 4;
/** Reserve at the end of a line, for keys after which the line cannot be passed on. */
const MARGIN_BYTES = 64;
const NOTHING = Buffer.alloc(0);

/** Keys that leave the line empty: they end it or discard it, most of them with a signal (termios(3)). */
const LINE_ENDS = new Set(Buffer.from('\n\r\x03\x04\x15\x1a\x1c'));
/** Also keys that erase or add nothing: the line may then be empty, and Ctrl-D would mean end of file. */
const KEYS = new Set([...LINE_ENDS, ...Buffer.from('\b\x0f\x11\x12\x13\x16\x17\x7f')]);

export class Typist extends Writable {
  readonly #terminal: ChildTerminal;
  /** Bytes since the last line end. */
  #lineLength = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(terminal: ChildTerminal) {
    super(streamOptions({}));
    this.#terminal = terminal;
    // As with a pipe: writing to a child that has exited does nothing.
    this.on('error', () => {});
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#type(this.#inLines(chunk), done);
  }

  /** The key means end of file on an empty line; otherwise it passes the line on, and is needed once more. */
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
   * The kernel drops bytes beyond the longest line, so a long line is passed on in pieces, which the reader
   * joins. Each piece is made after the terminal has taken the one before, since the program may change the
   * mode at any time.
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

  /** The index at which the line is long enough to be passed on; undefined if it is not. */
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
      // No process can read it any more.
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
