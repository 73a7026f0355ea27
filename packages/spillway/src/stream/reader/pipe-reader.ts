/** Reads a pipe into one reused buffer, through libuv's event loop, until its end or until the child's exit says what the end is. */
import { fstatSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import { PostponedByTimer } from '../../base/index.js';
import { PipeGrowth } from '../../pipe/index.js';
import { bytesAvailable, closeDescriptor } from '../../system/index.js';

/** A pipe holds this much by default, so one read empties it; more was slower on old kernels and fails on some of macOS. */
const BUFFER_BYTES = 65536;
const spareBuffers: Buffer[] = [];
const MOST_SPARE_BUFFERS = 32;

export interface ReadHooks {
  /** The bytes are valid only during the call. False pauses until `resume`. */
  chunk(view: Buffer): boolean;
  /** Nothing more is read: every writer has closed the pipe, or it has been drained. Not called after `close`. */
  end(): void;
}

/** What a stream of output is read with: a pipe's reader, or a terminal. */
export interface ByteReader {
  resume(): void;
  readonly hasUnread: boolean;
  /** Of the pipe; undefined where it is none, or is closed. */
  readonly inode: number | undefined;
  drain(): void;
  close(): void;
}

/** `mayEnlarge`: the pipe's capacity is not the caller's wish. The reader owns the descriptor. */
export type OpenReader = (fd: number, mayEnlarge: boolean, hooks: ReadHooks) => ByteReader;

export const openPipe: OpenReader = (fd, mayEnlarge, hooks) => new PipeReader(fd, mayEnlarge, hooks);

export class PipeReader implements ByteReader {
  readonly #fd: number;
  readonly #hooks: ReadHooks;
  #buffer: Buffer | undefined;
  #socket: Socket | undefined;
  #closed = false;
  readonly #growth: PipeGrowth;

  constructor(fd: number, mayEnlarge: boolean, hooks: ReadHooks) {
    this.#fd = fd;
    this.#growth = new PipeGrowth(fd, mayEnlarge);
    this.#hooks = hooks;
    unattached.add(this);
  }

  resume(): void {
    this.#socket?.resume();
  }

  get inode(): number | undefined {
    return this.#closed ? undefined : fstatSync(this.#fd).ino;
  }

  /** Whether something waits to be read. */
  get hasUnread(): boolean {
    return !this.#closed && bytesAvailable(this.#fd) > 0;
  }

  /**
   * Passes on all that is in the pipe now, without waiting. After the child's exit this is all that it wrote: write(2) returns when
   * the bytes are in the pipe, so there is nothing of its own still under way. `end` follows.
   */
  drain(): void {
    if (this.#closed) return;
    this.#passOn(bytesAvailable(this.#fd));
    this.#ended();
  }

  #passOn(left: number): void {
    if (left === 0) return;
    const buffer = this.#buffer ?? takeBuffer();
    readExactly(this.#fd, left, buffer, (view) => {
      this.#hooks.chunk(view);
      return !this.#closed;
    });
    if (buffer !== this.#buffer) giveBack(buffer);
  }

  /** Closes the descriptor; a child that writes on gets EPIPE, or the signal SIGPIPE. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    unattached.delete(this);
    if (this.#socket) this.#socket.destroy();
    else closeDescriptor(this.#fd);
    const buffer = this.#buffer;
    // Not before the socket has let go of it.
    if (buffer) setImmediate(giveBack, buffer);
  }

  /** From now on the event loop tells what comes. */
  attach(): void {
    this.#buffer ??= takeBuffer();
    this.#socket = new Socket({
      fd: this.#fd,
      readable: true,
      writable: false,
      onread: {
        buffer: this.#buffer,
        callback: (count: number, buffer: Uint8Array) => {
          if (this.#closed) return true;
          this.#growth.moved(count);
          return this.#hooks.chunk((buffer as Buffer).subarray(0, count));
        },
      },
    } as ConstructorParameters<typeof Socket>[0]);
    this.#socket.on('end', () => this.#ended());
    // A pipe knows no other error than EIO of a broken kernel; the exit still says what became of the child.
    this.#socket.on('error', () => this.#ended());
  }

  #ended(): void {
    if (this.#closed) return;
    this.close();
    this.#hooks.end();
  }
}

/**
 * A socket costs more than many a command: those that end before are read by `drain` alone. The pipe holds what comes meanwhile, and a
 * child that fills it sooner waits for this moment, once.
 */
const unattached = new PostponedByTimer<PipeReader>((reader) => reader.attach());

/** Passes on that many bytes, which are in the pipe; ends early when `chunk` answers false. */
export function readExactly(
  fd: number,
  count: number,
  buffer: Buffer,
  chunk: (view: Buffer) => boolean,
): void {
  for (let left = count; left > 0; ) {
    const got = readSync(fd, buffer, 0, Math.min(left, buffer.length), null);
    if (got === 0 || !chunk(buffer.subarray(0, got))) return;
    left -= got;
  }
}

export function takeBuffer(): Buffer {
  return spareBuffers.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
}

export function giveBack(buffer: Buffer): void {
  if (spareBuffers.length < MOST_SPARE_BUFFERS) spareBuffers.push(buffer);
}
