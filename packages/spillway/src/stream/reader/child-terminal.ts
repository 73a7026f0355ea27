/**
 * The master of a child's pseudo-terminal: read as the child's output, typed on, resized.
 *
 * Closing it hangs the terminal up, which kills a program that is just about to exit by itself. So it stays
 * open when its output has ended, until the child has exited.
 */
import { readSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import {
  bytesAvailable,
  closeDescriptor,
  type LineEditing,
  lineEditing,
  type PseudoTerminal,
  setWindowSize,
  type WindowSize,
  windowSize,
} from '../../system/index.js';
import type { ByteReader, ReadHooks } from './reader.js';

const BUFFER_BYTES = 65536;
/**
 * More than the kernel holds of a terminal's output: 8 KiB on their way, 4 KiB to be read (pty_common_install
 * in drivers/tty/pty.c).
 */
const MOST_HELD_BYTES = 65536;

export class ChildTerminal implements ByteReader {
  readonly #master: number;
  readonly #output: number;
  #state: 'open' | 'ended' | 'closed' = 'open';
  #stream: ReadStream | undefined;
  #buffer: Buffer | undefined;
  #hooks: ReadHooks | undefined;

  /** Both descriptors belong to it from now on. */
  constructor({ master, output }: Pick<PseudoTerminal, 'master' | 'output'>) {
    this.#master = master;
    this.#output = output;
  }

  /** Reads from now on, until its end: all slaves are closed, which Linux tells by EIO. To be called once. */
  attach(hooks: ReadHooks): this {
    const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.#buffer = buffer;
    this.#hooks = hooks;
    // net.Socket takes no terminal. This one does, and passes the options on to it. It closes the descriptor
    // at the end.
    const options = {
      onread: {
        buffer,
        callback: (count: number) => this.#state !== 'open' || hooks.chunk(buffer.subarray(0, count)),
      },
    };
    this.#stream = new ReadStream(this.#output, options as ConstructorParameters<typeof ReadStream>[1]);
    this.#stream.on('end', () => this.#atEnd());
    this.#stream.on('error', () => this.#atEnd());
    this.#stream.resume();
    return this;
  }

  resume(): void {
    this.#stream?.resume();
  }

  /** A terminal is known by its name. */
  readonly inode = undefined;

  get hasUnread(): boolean {
    return this.#state === 'open' && bytesAvailable(this.#master) > 0;
  }

  /**
   * Passes on what the terminal shows by now. FIONREAD does not count what is on its way from the one side to
   * the other, but a read that finds nothing waits for that before it says EAGAIN (n_tty_read in
   * drivers/tty/n_tty.c, since Linux 4.5). A background job may write on meanwhile, so no more is read than
   * there can have been. `end` follows.
   */
  drain(): void {
    if (this.#state !== 'open') return;
    this.#passOn();
    this.hangUp();
    this.#hooks?.end();
  }

  /** Whoever read it wants no more. After its end it stays as it is. */
  close(): void {
    if (this.#state === 'open') this.hangUp();
  }

  /** Closes it: what is in its foreground gets SIGHUP, and so does the leader of its session. */
  hangUp(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#stream?.destroy();
    closeDescriptor(this.#master);
  }

  /** The descriptor, while it is open. */
  get master(): number | undefined {
    return this.#state === 'closed' ? undefined : this.#master;
  }

  /** Types bytes, as many as fit, which is their count; undefined when nobody is there to read them. */
  type(bytes: Uint8Array): number | undefined {
    return this.#state === 'open' ? this.#attempt(() => writeSync(this.#master, bytes)) : undefined;
  }

  /** How it takes what is typed now; undefined when byte by byte, or when it is over. */
  get lineEditing(): LineEditing | undefined {
    return this.#state === 'open' ? lineEditing(this.#master) : undefined;
  }

  /** What is left out stays as it is. False when the terminal is closed. */
  resize(size: Partial<WindowSize>): boolean {
    if (this.#state !== 'open') return false;
    setWindowSize(this.#master, { ...windowSize(this.#master), ...size });
    return true;
  }

  /** What a call returned, 0 when it would have waited, undefined when the other side is closed. */
  #attempt(call: () => number): number | undefined {
    try {
      return call();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') return 0;
      if (code === 'EIO') return undefined;
      throw error;
    }
  }

  /**
   * The last slave has been closed, but not everything need have been read: the libuv of Node 20 takes a
   * hang-up together with a short read for the end, and reads of a terminal are short (uv__stream_io in
   * src/unix/stream.c); and the kernel looks for bytes before it looks for the other side, so what was
   * written between the two looks comes after EIO.
   */
  #atEnd(): void {
    if (this.#state !== 'open') return;
    this.#passOn();
    this.#state = 'ended';
    this.#hooks?.end();
  }

  #passOn(): void {
    const buffer = this.#buffer ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    for (let left = MOST_HELD_BYTES; left > 0 && this.#state === 'open'; ) {
      const count = this.#attempt(() =>
        readSync(this.#master, buffer, 0, Math.min(left, BUFFER_BYTES), null),
      );
      if (!count) return;
      left -= count;
      this.#hooks?.chunk(buffer.subarray(0, count));
    }
  }
}
