/**
 * Puts bytes into a pipe, in order: by write(2) of our own as long as there is room, and with Node's event loop to wait for some.
 *
 * A full pipe is waited for with a socket that is given the next piece; when that is written, the rest is tried directly again.
 */
import { Socket } from 'node:net';
import { PipeGrowth } from '../../pipe/index.js';
import {
  closeDescriptor,
  errnoOf,
  makeNonBlocking,
  SystemError,
  writeBoth,
  writeSome,
} from '../../system/index.js';

/** What waits for room. */
export interface Segment {
  bytes: Uint8Array;
  /** Whether it may be detached. */
  readonly isLent: boolean;
  /** Called when all of it is written. */
  readonly written: (() => void) | undefined;
}

export interface SinkHooks {
  /** Something that waited is written. */
  moved(): void;
  /** Nobody reads any more (undefined), or the system call failed. */
  broken(error: Error | undefined): void;
}

/** What the socket is given at once: it writes it page by page, as the reader makes room, without a word of JavaScript. */
const PIECE_BYTES = 262144;
/** The same of bytes that their owner may want back: a copy, so it is small. */
const LENT_PIECE_BYTES = 4096;

export class PipeSink {
  readonly #fd: number;
  readonly #hooks: SinkHooks;
  readonly #growth: PipeGrowth;
  #socket: Socket | undefined;
  #queue: Segment[] = [];
  #pending = 0;
  #isWaiting = false;
  #isClosed = false;

  /** Takes over the descriptor, which is made non-blocking. */
  constructor(fd: number, hooks: SinkHooks) {
    makeNonBlocking(fd);
    this.#fd = fd;
    this.#hooks = hooks;
    this.#growth = new PipeGrowth(fd, true);
  }

  /** Whether bytes wait for room; then nothing can be offered. */
  get isBusy(): boolean {
    return this.#isWaiting;
  }

  /** Bytes that wait for room. */
  get pending(): number {
    return this.#pending;
  }

  /** Writes as many of the first `count` bytes as there is room for now, and then, if all are, of `more`. Returns how many. */
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

  /** Writes it when there is room, after all that waits already. */
  enqueue(bytes: Uint8Array, written?: () => void, isLent = false): Segment {
    const segment = { bytes, isLent, written };
    if (this.#isClosed) return segment;
    this.#queue.push(segment);
    this.#pending += bytes.length;
    if (!this.#isWaiting) this.#wait();
    return segment;
  }

  /** What is left of a lent segment is copied, so that its bytes are the caller's again. */
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

  /** The socket waits for room for the next piece. */
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

  /** Writes what waits as far as there is room. */
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

  #attached(): Socket {
    if (this.#socket) return this.#socket;
    this.#socket = new Socket({ fd: this.#fd, readable: false, writable: true });
    // Told to the callback of the write as well.
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
