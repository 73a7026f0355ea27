/** Reads a pipe by its descriptor, into one reused buffer. Subclasses differ in how they wait for bytes. */
import { PipeGrowth } from '../../pipe/index.js';
import {
  bestEffort,
  bytesAvailable,
  closeDescriptor,
  duplicate,
  fstatSync,
  poll,
  readSync,
} from '../../system/index.js';
import type { ByteReader, ReadHooks } from './reader.js';

/**
 * A pipe's default capacity: one read empties it. More was slower on old kernels, and fails on some macOS.
 */
const BUFFER_BYTES = 65536;
const spareBuffers: Buffer[] = [];
const MOST_SPARE_BUFFERS = 32;

export abstract class DescriptorReader implements ByteReader {
  protected readonly fd: number;
  readonly #hooks: ReadHooks;
  readonly #growth: PipeGrowth;
  #buffer: Buffer | undefined;
  #isClosed = false;
  #held: number | undefined;

  constructor(fd: number, mayEnlarge: boolean, hooks: ReadHooks) {
    this.fd = fd;
    this.#hooks = hooks;
    this.#growth = new PipeGrowth(fd, mayEnlarge);
  }

  abstract resume(): void;
  abstract unref(): void;

  /** Closes the descriptor, and gives the buffer back once the kernel no longer writes to it. */
  protected abstract release(buffer: Buffer | undefined): void;

  get pipe(): { inode: number; isHeld: boolean } | undefined {
    if (this.#isClosed) return undefined;
    const { fd } = this;
    // Few callers need both.
    return {
      get inode() {
        return fstatSync(fd).ino;
      },
      get isHeld() {
        return poll([{ fd, for: 'hang-up' }], 0)?.[0] !== true;
      },
    };
  }

  get hasUnread(): boolean {
    return !this.#isClosed && bytesAvailable(this.fd) > 0;
  }

  drain(): void {
    if (this.#isClosed) return;
    const left = bytesAvailable(this.fd);
    if (left > 0) this.#readOut(left);
    this.finish();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.release(this.#buffer);
  }

  hold(): void {
    if (this.#isClosed || this.#held !== undefined) return;
    // Without a free descriptor it is not held.
    bestEffort(() => {
      this.#held = duplicate(this.fd, 3, "holding a command's output open");
    });
  }

  letGo(): void {
    if (this.#held !== undefined) closeDescriptor(this.#held);
    this.#held = undefined;
  }

  protected get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Allocated at the first read; most short commands are drained without one of their own. */
  protected get buffer(): Buffer {
    this.#buffer ??= takeBuffer();
    return this.#buffer;
  }

  /** Passes on `count` bytes of the buffer. False to pause. */
  protected passOn(count: number): boolean {
    this.#growth.moved(count);
    return this.#hooks.chunk(this.buffer.subarray(0, count));
  }

  /** Call it at the end of the stream. */
  protected finish(): void {
    if (this.#isClosed) return;
    this.close();
    this.#hooks.end();
  }

  #readOut(bytes: number): void {
    const buffer = this.#buffer ?? takeBuffer();
    for (let left = bytes; left > 0 && !this.#isClosed; ) {
      const count = readSync(this.fd, buffer, 0, Math.min(left, buffer.length), null);
      if (count === 0) break;
      left -= count;
      this.#hooks.chunk(buffer.subarray(0, count));
    }
    if (buffer !== this.#buffer) giveBack(buffer);
  }
}

function takeBuffer(): Buffer {
  return spareBuffers.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
}

/** Keeps a buffer for the next reader. */
export function giveBack(buffer: Buffer): void {
  if (spareBuffers.length < MOST_SPARE_BUFFERS) spareBuffers.push(buffer);
}
