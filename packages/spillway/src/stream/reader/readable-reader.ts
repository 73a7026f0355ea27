/**
 * Reads a child's output from Node's streams: libuv's sockets, which only libuv may read.
 *
 * write(2) returns when the bytes are in the socket, so all of the child's output is there when it has
 * exited. The event loop reads each socket in each turn, so after a whole turn without bytes all output has
 * been read.
 */

import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setImmediate, withOwnTicks } from '../../base/index.js';
import type { ByteReader, ReadHooks } from './reader.js';

/**
 * More than a socket and Node's buffer hold (net.core.wmem_default: 208 KiB, bookkeeping included). A
 * stranger that writes endlessly leaves no quiet turn, but bytes beyond this bound can only be the
 * stranger's.
 */
const MOST_UNREAD_BYTES = 4 * 1024 * 1024;

export class ReadableReader implements ByteReader {
  readonly #streams: readonly Readable[];
  readonly #hooks: ReadHooks;
  #open: number;
  #phase: 'open' | 'draining' | 'closed' = 'open';
  #drainedBytes = 0;
  #came = false;
  #isHeld = false;

  constructor(streams: readonly Readable[], hooks: ReadHooks) {
    this.#streams = streams;
    this.#hooks = hooks;
    this.#open = streams.length;
    withOwnTicks(() => {
      for (const stream of streams) this.#listen(stream);
    });
  }

  resume(): void {
    if (this.#phase === 'closed') return;
    withOwnTicks(() => {
      for (const stream of this.#streams) stream.resume();
    });
  }

  unref(): void {
    for (const stream of this.#streams) (stream as Partial<Socket>).unref?.();
  }

  /** Whether Node's buffer holds bytes; the kernel cannot be asked. */
  get hasUnread(): boolean {
    return this.#phase !== 'closed' && this.#streams.some((stream) => stream.readableLength > 0);
  }

  /** Unknown for a socket. */
  readonly pipe = undefined;

  /** Passes on all that the child wrote before its exit, ignoring pauses; `end` follows some turns later. */
  drain(): void {
    if (this.#phase !== 'open') return;
    this.#phase = 'draining';
    this.resume();
    // The first immediate may run in the turn that brought the exit, after that turn's reads.
    setImmediate(() => this.#turn());
  }

  /** Closes the sockets; a child that goes on writing gets SIGPIPE, or EPIPE. */
  close(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    for (const stream of this.#streams) {
      if (this.#isHeld) stream.pause();
      else stream.destroy();
    }
  }

  hold(): void {
    if (this.#phase !== 'closed') this.#isHeld = true;
  }

  letGo(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    if (this.#phase === 'closed') for (const stream of this.#streams) stream.destroy();
  }

  #turn(): void {
    if (this.#phase === 'closed') return;
    this.#came = false;
    setImmediate(() => {
      if (this.#phase === 'closed') return;
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
      if (this.#phase === 'closed') return;
      this.#came = true;
      if (this.#phase === 'draining') this.#drainedBytes += chunk.length;
      if (!this.#hooks.chunk(chunk) && this.#phase === 'open') for (const one of this.#streams) one.pause();
    });
    // Node tells of the end in a tick, which a test runner may have replaced.
    const { push } = stream;
    stream.push = (chunk, encoding) => {
      const goesOn = push.call(stream, chunk, encoding);
      if (chunk === null && stream.readableLength === 0) ended();
      return goesOn;
    };
    stream.on('end', ended);
    // A failed socket (ECONNRESET) brings no more bytes; the exit status tells the child's fate.
    stream.on('error', ended);
    stream.on('close', ended);
  }

  #finish(): void {
    if (this.#phase === 'closed') return;
    this.close();
    this.#hooks.end();
  }
}
