/**
 * Brings the bytes of a pipe to a parser: by read(2) of our own as long as there are some, and by Node's event loop to wait for more.
 *
 * An empty pipe is waited for with a socket, which brings the first bytes with the news; the rest is read directly, since a round
 * through the event loop for each 64 KiB costs as much as the bytes.
 */
import { Socket } from 'node:net';
import { MAX_READ, PipeGrowth } from '../../pipe/index.js';
import {
  closeDescriptor,
  errnoOf,
  makeNonBlocking,
  readBoth,
  readSome,
  SystemError,
  yieldProcessor,
} from '../../system/index.js';
import type { StreamParser } from '../framing/index.js';
import { SPIN_MS, Spinning } from './spinning.js';

/** So long one source may read on without going back to the event loop, in which timers and others wait. */
const TURN_MS = 2;
/**
 * A header, and a little of a body that will be large and is read to where it stays. Less than a page: that makes no room in a full pipe, and
 * so does not wake the writer for a single one.
 */
const A_LITTLE = 256;

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
  readonly #parser: StreamParser;
  readonly #hooks: SourceHooks;
  readonly #growth: PipeGrowth;
  #socket: Socket | undefined;
  #isListening = false;
  #isAwaited = false;
  /** After one large message another is likely: its header comes by the read that takes the end of this one. */
  readonly #next = Buffer.alloc(A_LITTLE);
  readonly #spinning = new Spinning();
  /** Since when it has read without a pause; undefined when it has not. */
  #turnBegan: number | undefined;
  /** The last read took all there was. */
  #isDry = false;
  #isClosed = false;

  /** Takes over the descriptor, which is made non-blocking. */
  constructor(fd: number, parser: StreamParser, hooks: SourceHooks) {
    makeNonBlocking(fd);
    this.#fd = fd;
    this.#parser = parser;
    this.#hooks = hooks;
    this.#growth = new PipeGrowth(fd, true);
  }

  /**
   * Reads once, without waiting longer than for a moment, and parses what came. `'spent'`: it has read for long enough, and
   * is to be asked again in the next turn of the event loop; not when it is `urgent`. Throws what the parser does.
   */
  pull(urgent = false): PullOutcome {
    const now = performance.now();
    this.#turnBegan ??= now;
    if (now - this.#turnBegan > TURN_MS && !urgent) {
      this.#turnBegan = undefined;
      return 'spent';
    }
    // What has come since the last look will be told.
    if (this.#isDry && this.#isListening && !urgent) return this.#spin(now);
    const outcome = this.#read();
    return outcome === 'would-block' ? this.#spin(now) : outcome;
  }

  /** The other side may be about to write. */
  #spin(now: number): PullOutcome {
    if (this.#spinning.mayLook()) {
      do {
        // It may be on this very processor.
        yieldProcessor();
        const outcome = this.#read();
        if (outcome !== 'would-block') {
          this.#spinning.succeeded();
          return outcome;
        }
      } while (performance.now() - now < SPIN_MS);
      this.#spinning.failed();
    }
    this.#turnBegan = undefined;
    return 'would-block';
  }

  #read(): PullOutcome {
    const { mostRead } = this.#parser;
    const target = this.#parser.target(mostRead);
    const isLast =
      target !== undefined && this.#parser.isRest(target) && target.length + A_LITTLE <= mostRead;
    const most = target ? target.length : this.#parser.expectsLarge ? A_LITTLE : mostRead;
    let count: number;
    if (!target) count = this.#readChunk(most);
    else if (isLast) count = readBoth(this.#fd, target, this.#next);
    else count = readSome(this.#fd, target, most);
    this.#isDry = count < (isLast ? most + A_LITTLE : most);
    if (count > 0) {
      if (target) this.#parser.advance(Math.min(count, most));
      if (isLast && count > most) this.#parser.push(this.#next.subarray(0, count - most));
      this.#growth.moved(count);
      return 'bytes';
    }
    if (count === 0) return 'end';
    if (count === -errnoOf.EAGAIN) return 'would-block';
    throw new SystemError('read', -count, `reading a channel from descriptor ${this.#fd}`);
  }

  #readChunk(most: number): number {
    const buffer = spare && spare.length >= most ? spare : Buffer.allocUnsafeSlow(Math.max(most, MAX_READ));
    spare = undefined;
    try {
      const count = readSome(this.#fd, buffer, most);
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

  /** Whether somebody waits for what comes: that keeps the program alive. */
  set isAwaited(value: boolean) {
    this.#spinning.isAwaited = value;
    if (value === this.#isAwaited) return;
    this.#isAwaited = value;
    if (value) this.#socket?.ref();
    else this.#socket?.unref();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#spinning.isAwaited = false;
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
    if (!this.#isAwaited) this.#socket.unref();
  }

  #wake(chunk: Buffer): boolean {
    this.#turnBegan = performance.now();
    this.#isDry = chunk.length < MAX_READ;
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
