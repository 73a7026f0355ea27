/**
 * Reads the bytes of a pipe for a parser: with our own read(2) while there are bytes, and with Node's event
 * loop to wait for more.
 *
 * When the pipe is empty, a socket waits, and brings the first bytes itself. The rest is read directly: a
 * round through the event loop for each 64 KiB costs as much as the bytes.
 */
import { monotonicMs } from '../../base/index.js';
import { MAX_READ, PipeGrowth } from '../../pipe/index.js';
import {
  closeDescriptor,
  errnoOf,
  makeNonBlocking,
  openReadSocket,
  type ReadSocket,
  readBoth,
  readSome,
  SystemError,
  yieldProcessor,
} from '../../system/index.js';
import type { StreamParser } from '../framing/index.js';
import { SPIN_MS, Spinning } from './spinning.js';

/**
 * A source may read on this long without returning to the event loop, where timers and other channels wait.
 */
const TURN_MS = 2;
/**
 * A header, and the beginning of a body that will be large and is read directly into its own memory. Less
 * than a page: that makes no room in a full pipe, and so does not wake the writer for a single page.
 */
const A_LITTLE = 256;

/** Reads of 64 KiB: more than the largest pipe of a user holds (/proc/sys/fs/pipe-max-size). */
const MOST_READS = 32;

/**
 * One for each thread, because chunks are valid only while they are parsed. Undefined while a parser uses it.
 */
let spare: Buffer | undefined;
/** libuv fills it and calls back at once, one socket after the other. */
let wakeBuffer: Buffer | undefined;

export type PullOutcome = 'bytes' | 'would-block' | 'end' | 'spent';

export interface SourceHooks {
  /**
   * The socket has read so many bytes, and they are parsed. False: stop listening until `listen` is called
   * again.
   */
  woken(bytes: number): boolean;
  /** Nothing will come any more. */
  ended(): void;
  /** The parser has refused the bytes. */
  failed(error: unknown): void;
}

export class PipeSource {
  readonly #fd: number;
  readonly #parser: StreamParser;
  readonly #hooks: SourceHooks;
  readonly #growth: PipeGrowth;
  #socket: ReadSocket | undefined;
  #isListening = false;
  #isAwaited = false;
  /**
   * After one large message another is likely: the read that takes the rest of this one also takes the header
   * of the next.
   */
  readonly #next = Buffer.alloc(A_LITTLE);
  readonly #spinning = new Spinning();
  /** When reading without a pause began; undefined when it has paused. */
  #turnBegan: number | undefined;
  /** The last read emptied the pipe. */
  #isDry = false;
  #isClosed = false;

  /** Takes over the descriptor, and makes it non-blocking. */
  constructor(fd: number, parser: StreamParser, hooks: SourceHooks) {
    makeNonBlocking(fd);
    this.#fd = fd;
    this.#parser = parser;
    this.#hooks = hooks;
    this.#growth = new PipeGrowth(fd, true);
  }

  /**
   * Reads once, waiting for a moment at most, and parses the bytes. `'spent'`: the source has read for long
   * enough and should be asked again in the next turn of the event loop; never when `urgent`. Throws the
   * parser's errors.
   */
  pull(urgent = false): PullOutcome {
    const now = monotonicMs();
    this.#turnBegan ??= now;
    if (now - this.#turnBegan > TURN_MS && !urgent) {
      this.#turnBegan = undefined;
      return 'spent';
    }
    // The socket reports what has come since the pipe was found empty.
    if (this.#isDry && this.#isListening && !urgent) return this.#spin(now);
    const outcome = this.#read();
    return outcome === 'would-block' ? this.#spin(now) : outcome;
  }

  /** Reads all that is there now; its last outcome. Throws the parser's errors. */
  drain(): PullOutcome {
    let outcome = this.#isClosed ? 'end' : this.pull(true);
    // A process that still writes must not be read for ever.
    for (let reads = 1; outcome === 'bytes' && !this.#isClosed && reads < MOST_READS; reads++)
      outcome = this.pull(true);
    return outcome;
  }

  /** The other side may be about to write. */
  #spin(now: number): PullOutcome {
    if (this.#spinning.mayLook()) {
      do {
        // The other side may need this very processor.
        yieldProcessor();
        const outcome = this.#read();
        if (outcome !== 'would-block') {
          this.#spinning.succeeded();
          return outcome;
        }
      } while (monotonicMs() - now < SPIN_MS);
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
      if (target) {
        this.#growth.moved(count);
        this.#parser.advance(Math.min(count, most));
      }
      if (isLast && count > most) this.#parser.push(this.#next.subarray(0, count - most));
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
      if (count > 0) {
        // Before a codec sees the bytes: it may close the channel, and the number is then reused.
        this.#growth.moved(count);
        this.#parser.push(buffer.subarray(0, count));
      }
      return count;
    } finally {
      spare = buffer;
    }
  }

  /** From here on the socket calls `woken` for what comes, until that returns false. */
  listen(): void {
    if (this.#isListening || this.#isClosed) return;
    this.#isListening = true;
    if (this.#socket) this.#socket.resume();
    else this.#attach();
  }

  /** Whether a `receive` waits for the bytes: that keeps the program alive. */
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
    this.#socket = openReadSocket(this.#fd, {
      buffer: wakeBuffer,
      callback: (count: number, buffer: Uint8Array) => {
        if (this.#isClosed) return true;
        this.#isListening = this.#wake((buffer as Buffer).subarray(0, count));
        return this.#isListening;
      },
      ended: () => this.#end(),
    });
    if (!this.#isAwaited) this.#socket.unref();
  }

  #wake(chunk: Buffer): boolean {
    this.#turnBegan = monotonicMs();
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

/** What a reader has. */
export type ReaderState =
  /** The descriptor is ours, and nothing was read from it yet. */
  | { readonly kind: 'unread' }
  | { readonly kind: 'reading'; readonly source: PipeSource }
  /**
   * The descriptor is closed or given away. Messages in the inbox can still be received, and then this error.
   */
  | { readonly kind: 'over'; readonly error: Error };
