/**
 * Writes bytes into a pipe, in order: with our own write(2) while there is room, and with Node's event loop
 * to wait for room.
 *
 * When the pipe is full, a socket gets the next piece. Once that is written, the rest is tried directly
 * again.
 */
import { PipeGrowth } from '../../pipe/index.js';
import {
  closeDescriptor,
  errnoOf,
  makeNonBlocking,
  openWriteSocket,
  SystemError,
  type WriteSocket,
  writeBoth,
  writeSome,
} from '../../system/index.js';

/** Bytes that wait for room. */
export interface Segment {
  bytes: Uint8Array;
  /** Whether the segment may be detached. */
  readonly isLent: boolean;
  /** Called when the whole segment is written. */
  readonly written: (() => void) | undefined;
}

export interface SinkHooks {
  /** Bytes that waited are written. */
  moved(): void;
  /** The pipe has no reader left (undefined), or the system call failed. */
  broken(error: Error | undefined): void;
}

/**
 * The largest piece for the socket. It writes the piece page by page, as the reader makes room, without
 * running JavaScript.
 */
const PIECE_BYTES = 262144;
/** The largest piece of lent bytes, whose owner may want them back: a copy, so it is small. */
const LENT_PIECE_BYTES = 4096;

export class PipeSink {
  readonly #fd: number;
  readonly #hooks: SinkHooks;
  readonly #growth: PipeGrowth;
  #socket: WriteSocket | undefined;
  #queue: Segment[] = [];
  #pending = 0;
  #isWaiting = false;
  #isClosed = false;

  /** Takes over the descriptor, and makes it non-blocking. */
  constructor(fd: number, hooks: SinkHooks) {
    makeNonBlocking(fd);
    this.#fd = fd;
    this.#hooks = hooks;
    this.#growth = new PipeGrowth(fd, true);
  }

  /** Whether bytes wait for room; then `offer` must not be called. */
  get isBusy(): boolean {
    return this.#isWaiting;
  }

  /** Bytes that wait for room. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * Writes as many of the first `count` bytes as there is room for, and then, if all are written, of `more`.
   * Returns the number written.
   */
  offer(bytes: Uint8Array, count: number, more?: Uint8Array): number {
    if (this.#isClosed) return 0;
    const result = more ? writeBoth(this.#fd, bytes, count, more) : writeSome(this.#fd, bytes, count);
    if (result >= 0) {
      this.#growth.moved(result);
      return result;
    }
    if (result !== -errnoOf.EAGAIN) this.#break(-result);
    return 0;
  }

  /** Writes the bytes when there is room, after all that wait already. */
  enqueue(bytes: Uint8Array, written?: () => void, isLent = false): Segment {
    const segment = { bytes, isLent, written };
    if (this.#isClosed) return segment;
    this.#queue.push(segment);
    this.#pending += bytes.length;
    if (!this.#isWaiting) this.#wait();
    return segment;
  }

  /** Copies the rest of a lent segment, so that its bytes are the caller's again. */
  detach(segment: Segment): void {
    if (this.#queue.includes(segment)) segment.bytes = Buffer.from(segment.bytes);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue = [];
    this.#pending = 0;
    if (this.#socket) this.#socket.destroy();
    else closeDescriptor(this.#fd);
  }

  /** Lets the socket wait for room, and write the next piece. */
  #wait(): void {
    const first = this.#queue[0];
    if (!first) return;
    this.#isWaiting = true;
    const piece = first.isLent
      ? Buffer.from(first.bytes.subarray(0, LENT_PIECE_BYTES))
      : first.bytes.subarray(0, PIECE_BYTES);
    this.#attached().write(piece, (error) => {
      if (this.#isClosed) return;
      if (error) {
        this.#break(-((error as NodeJS.ErrnoException).errno ?? -errnoOf.EIO));
        return;
      }
      this.#isWaiting = false;
      this.#shift(first, piece.length);
      this.#goOn();
    });
  }

  /** Writes the waiting segments as far as there is room. */
  #goOn(): void {
    while (!this.#isClosed && !this.#isWaiting) {
      const first = this.#queue[0];
      if (!first) break;
      const count = this.offer(first.bytes, first.bytes.length);
      const isWhole = count === first.bytes.length;
      this.#shift(first, count);
      if (!isWhole && !this.#isClosed) this.#wait();
    }
    if (!this.#isClosed) this.#hooks.moved();
  }

  #shift(segment: Segment, count: number): void {
    this.#pending -= count;
    if (count < segment.bytes.length) {
      segment.bytes = segment.bytes.subarray(count);
      return;
    }
    this.#queue.shift();
    segment.written?.();
  }

  #attached(): WriteSocket {
    if (this.#socket) return this.#socket;
    this.#socket = openWriteSocket(this.#fd);
    // The callback of `write` gets the error as well.
    this.#socket.on('error', () => {});
    return this.#socket;
  }

  #break(errno: number): void {
    if (this.#isClosed) return;
    this.close();
    const gone = errno === errnoOf.EPIPE;
    this.#hooks.broken(gone ? undefined : new SystemError('write', errno, 'writing to a channel'));
  }
}
