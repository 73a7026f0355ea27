/**
 * Frames of a pipe with several writers. Each is at most PIPE_BUF bytes and written by one write(2), so that
 * no byte of another writer comes between (pipe(7)): no lock is needed. docs/protocol.md specifies the bytes:
 *
 *     mark 0xfb · kind · length of the payload (2) · writer id (6) · sequence (4) · payload
 *
 * The payloads of one writer, joined, are its messages in the frames of a pipe with one writer. A frame is
 * either `WHOLE`, with any number of complete messages, or a part of one message.
 */
import { builtin } from '../../base/index.js';
import { PIPE_BUF } from '../../pipe/index.js';
import { HEADER_BYTES } from '../framing/index.js';
import { ownLife } from './writer-life.js';

/** Never a byte of text, ASCII or UTF-8. */
export const MARK = 0xfb;
export const KIND = { WHOLE: 0, FIRST: 1, MORE: 2, LAST: 3, WITHDRAWN: 4 } as const;
export const SHARED_HEADER_BYTES = 14;
/**
 * The largest frame on any system: PIPE_BUF of Linux. A reader accepts frames of this size from every writer.
 */
export const MOST_FRAME_BYTES = 4096;
/**
 * After the header of a `FIRST`: pid, pid namespace and start time of the writer's process, four bytes each.
 */
export const LIFE_BYTES = 12;
/** Offsets in a frame. */
export const AT = { KIND: 1, LENGTH: 2, WRITER: 4, SEQUENCE: 10 } as const;

const ROOM = Math.min(PIPE_BUF, MOST_FRAME_BYTES);
const WRITER_BYTES = 6;

/**
 * Makes the frames of one writer, each valid until the next is made. All of them must be written, in this
 * order.
 */
export class SharedFrames {
  readonly #block = Buffer.allocUnsafeSlow(ROOM);
  #filled = SHARED_HEADER_BYTES;
  #sequence = 0;

  constructor() {
    this.#block[0] = MARK;
    builtin('crypto').randomBytes(WRITER_BYTES).copy(this.#block, AT.WRITER);
  }

  /** Whether the frame that is being filled has no message. */
  get isEmpty(): boolean {
    return this.#filled === SHARED_HEADER_BYTES;
  }

  /** Puts a message into the frame that is being filled. False: it does not fit. */
  add(body: Uint8Array | string): boolean {
    const from = this.#filled + HEADER_BYTES;
    const room = ROOM - from;
    if (body.length > room) return false;
    const block = this.#block;
    if (typeof body !== 'string') {
      block.set(body, from);
      this.#close(from, body.length);
      return true;
    }
    // A UTF-16 unit has one to three bytes in UTF-8.
    if (3 * body.length > room && Buffer.byteLength(body) > room) return false;
    this.#close(from, block.write(body, from));
    return true;
  }

  /** The frame with all messages that were added. */
  whole(): Buffer {
    return this.#finish(KIND.WHOLE);
  }

  /**
   * The next part of a body of which `sent` bytes are sent; only while no frame is being filled. `count`:
   * bytes of the body in this part.
   */
  part(body: Uint8Array, sent: number): { frame: Buffer; count: number } {
    const block = this.#block;
    let at = this.#filled;
    if (sent === 0) {
      const { pid, namespace, start } = ownLife();
      at = block.writeUInt32BE(pid, at);
      at = block.writeUInt32BE(namespace, at);
      at = block.writeUInt32BE(start, at);
      at = block.writeUInt32BE(body.length, at);
    }
    const count = Math.min(ROOM - at, body.length - sent);
    block.set(body.subarray(sent, sent + count), at);
    this.#filled = at + count;
    const isLast = sent + count === body.length;
    return { frame: this.#finish(sent === 0 ? KIND.FIRST : isLast ? KIND.LAST : KIND.MORE), count };
  }

  /** Announces that the rest of a message will not come. */
  withdrawal(): Buffer {
    return this.#finish(KIND.WITHDRAWN);
  }

  #close(from: number, length: number): void {
    this.#block.writeUInt32BE(length, from - HEADER_BYTES);
    this.#filled = from + length;
  }

  #finish(kind: number): Buffer {
    const [block, end] = [this.#block, this.#filled];
    block[AT.KIND] = kind;
    block.writeUInt16BE(end - SHARED_HEADER_BYTES, AT.LENGTH);
    block.writeUInt32BE(this.#sequence, AT.SEQUENCE);
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#filled = SHARED_HEADER_BYTES;
    return block.subarray(0, end);
  }
}
