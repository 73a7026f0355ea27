/**
 * Reads a child's output from streams that Node made: libuv's sockets, of which nobody but libuv may ask the
 * kernel.
 *
 * What the child wrote is in the socket when it has exited, since write(2) returns when it is there. The
 * event loop reads what is in a socket at each turn, so a whole turn in which nothing came says that all of
 * it has been read.
 */
import type { Readable } from 'node:stream';
import type { ByteReader, ReadHooks } from './reader.js';

/**
 * More than a socket holds (net.core.wmem_default, 208 KiB of bookkeeping; what Node keeps itself). A
 * stranger that writes without end never gives a quiet turn, but what comes after so much is its own.
 */
const MOST_UNREAD_BYTES = 4 * 1024 * 1024;

export class ReadableReader implements ByteReader {
  readonly #streams: readonly Readable[];
  readonly #hooks: ReadHooks;
  #open: number;
  #closed = false;
  #draining = false;
  #drainedBytes = 0;
  #came = false;

  constructor(streams: readonly Readable[], hooks: ReadHooks) {
    this.#streams = streams;
    this.#hooks = hooks;
    this.#open = streams.length;
    for (const stream of streams) this.#listen(stream);
  }

  resume(): void {
    if (!this.#closed) for (const stream of this.#streams) stream.resume();
  }

  /** Whether something waits in Node's own buffer; the kernel cannot be asked. */
  get hasUnread(): boolean {
    return !this.#closed && this.#streams.some((stream) => stream.readableLength > 0);
  }

  /** Not known of a socket. */
  readonly inode = undefined;

  /**
   * Passes on all that the child wrote before it exited, whether or not anyone keeps up; `end` follows, some
   * turns later.
   */
  drain(): void {
    if (this.#closed || this.#draining) return;
    this.#draining = true;
    this.resume();
    // The first immediate may come in the turn that brought the exit, of which the reading may be over
    // already.
    setImmediate(() => this.#turn());
  }

  /** Closes the sockets; a child that writes on gets EPIPE, or the signal SIGPIPE. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of this.#streams) stream.destroy();
  }

  #turn(): void {
    if (this.#closed) return;
    this.#came = false;
    setImmediate(() => {
      if (this.#closed) return;
      if (this.#came && this.#drainedBytes < MOST_UNREAD_BYTES) this.#turn();
      else this.#finish();
    });
  }

  #listen(stream: Readable): void {
    let isOpen = true;
    const ended = () => {
      if (!isOpen) return;
      isOpen = false;
      this.#open--;
      if (this.#open === 0) this.#finish();
    };
    stream.on('data', (chunk: Buffer) => {
      if (this.#closed) return;
      this.#came = true;
      if (this.#draining) this.#drainedBytes += chunk.length;
      if (!this.#hooks.chunk(chunk) && !this.#draining) for (const one of this.#streams) one.pause();
    });
    stream.on('end', ended);
    // A socket that fails (ECONNRESET) gives no more; the exit says what became of the child.
    stream.on('error', ended);
    stream.on('close', ended);
  }

  #finish(): void {
    if (this.#closed) return;
    this.close();
    this.#hooks.end();
  }
}
