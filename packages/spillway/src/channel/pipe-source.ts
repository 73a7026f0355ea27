/**
 * Brings the bytes of a pipe to a parser: by read(2) of our own as long as there are some, and by Node's event loop to wait for more.
 *
 * An empty pipe is waited for with a socket, which brings the first bytes with the news; the rest is read directly, since a round
 * through the event loop for each 64 KiB costs as much as the bytes.
 */
import { Socket } from 'node:net';
import { MAX_READ, PipeGrowth } from '../pipe/index.js';
import { closeDescriptor, errnoOf, makeNonBlocking, readSome, SystemError } from '../system/index.js';
import type { FrameParser } from './frame-parser.js';

/** So long one source may read on without going back to the event loop, in which timers and others wait. */
const TURN_MS = 2;
/** A header, and a little of a body that will be large. */
const A_LITTLE = 4096;

/** One for each thread, since chunks are valid only while they are parsed; without it while somebody does that. */
let spare: Buffer | undefined;
/** libuv fills it and calls back at once, one socket after the other. */
let wakeBuffer: Buffer | undefined;

export type PullOutcome = 'bytes' | 'would-block' | 'end' | 'spent';

export interface SourceHooks {
  /** So many bytes have come while nobody pulled, and are parsed. False: listens no more until it is asked to. */
  woken(bytes: number): boolean;
  /** Nothing will come any more. */
  ended(): void;
  /** The parser has refused what came. */
  failed(error: unknown): void;
}

export class PipeSource {
  readonly #fd: number;
  readonly #parser: FrameParser;
  readonly #hooks: SourceHooks;
  readonly #growth: PipeGrowth;
  #socket: Socket | undefined;
  #isListening = false;
  #isReferenced = true;
  /** Since when it has read without a pause; undefined when it has not. */
  #turnBegan: number | undefined;
  #isClosed = false;

  /** Takes over the descriptor, which is made non-blocking. */
  constructor(fd: number, parser: FrameParser, hooks: SourceHooks) {
    makeNonBlocking(fd);
    this.#fd = fd;
    this.#parser = parser;
    this.#hooks = hooks;
    this.#growth = new PipeGrowth(fd, true);
  }

  /**
   * Reads once, without waiting, and parses what came. `'spent'`: it has read for long enough, and is to be listened to; not when it is
   * `urgent`. Throws what the parser does.
   */
  pull(urgent = false): PullOutcome {
    const now = performance.now();
    this.#turnBegan ??= now;
    if (now - this.#turnBegan > TURN_MS && !urgent) {
      this.#turnBegan = undefined;
      return 'spent';
    }
    const target = this.#parser.target(MAX_READ);
    const count = target ? readSome(this.#fd, target, target.length) : this.#pullChunk();
    if (count > 0) {
      if (target) this.#parser.advance(count);
      this.#growth.moved(count);
      return 'bytes';
    }
    this.#turnBegan = undefined;
    if (count === 0) return 'end';
    if (count === -errnoOf.EAGAIN) return 'would-block';
    throw new SystemError('read', -count, `reading a channel from descriptor ${this.#fd}`);
  }

  #pullChunk(): number {
    const buffer = spare ?? Buffer.allocUnsafeSlow(MAX_READ);
    spare = undefined;
    try {
      const count = readSome(this.#fd, buffer, this.#parser.expectsLarge ? A_LITTLE : MAX_READ);
      if (count > 0) this.#parser.push(buffer.subarray(0, count));
      return count;
    } finally {
      spare = buffer;
    }
  }

  /** From here on `woken` tells of what comes, until it answers false. */
  listen(): void {
    if (this.#isListening || this.#isClosed) return;
    this.#isListening = true;
    if (this.#socket) this.#socket.resume();
    else this.#attach();
  }

  /** Whether waiting for this keeps the program alive. */
  set isReferenced(value: boolean) {
    if (value === this.#isReferenced) return;
    this.#isReferenced = value;
    if (value) this.#socket?.ref();
    else this.#socket?.unref();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#socket) this.#socket.destroy();
    else closeDescriptor(this.#fd);
  }

  #attach(): void {
    wakeBuffer ??= Buffer.allocUnsafeSlow(MAX_READ);
    this.#socket = new Socket({
      fd: this.#fd,
      readable: true,
      writable: false,
      onread: {
        buffer: wakeBuffer,
        callback: (count: number, buffer: Uint8Array) => {
          if (this.#isClosed) return true;
          this.#isListening = this.#wake((buffer as Buffer).subarray(0, count));
          return this.#isListening;
        },
      },
    } as ConstructorParameters<typeof Socket>[0]);
    this.#socket.on('end', () => this.#end());
    // A pipe knows no other error than EIO of a broken kernel.
    this.#socket.on('error', () => this.#end());
    if (!this.#isReferenced) this.#socket.unref();
  }

  #wake(chunk: Buffer): boolean {
    this.#turnBegan = performance.now();
    this.#growth.moved(chunk.length);
    try {
      this.#parser.push(chunk);
    } catch (error) {
      this.#hooks.failed(error);
      return false;
    }
    return this.#hooks.woken(chunk.length);
  }

  #end(): void {
    if (!this.#isClosed) this.#hooks.ended();
  }
}
