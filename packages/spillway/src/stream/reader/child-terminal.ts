/**
 * The master of a child's pseudo-terminal: reads the child's output, types its input, sets the window size.
 *
 * Closing the master hangs the terminal up, which kills a program that is about to exit by itself. So the
 * master stays open after the end of its output, until the child has exited.
 */
import {
  bytesAvailable,
  closeDescriptor,
  type LineEditing,
  lineEditing,
  openTerminalSocket,
  type PseudoTerminal,
  type ReadSocket,
  readSync,
  setWindowSize,
  type WindowSize,
  windowSize,
  writeSync,
} from '../../system/index.js';
import type { ByteReader, ReadHooks } from './reader.js';

const BUFFER_BYTES = 65536;
/**
 * More output of a terminal than the kernel can hold: 8 KiB in transit and 4 KiB ready to read
 * (pty_common_install in drivers/tty/pty.c).
 */
const MOST_HELD_BYTES = 65536;

export class ChildTerminal implements ByteReader {
  readonly #master: number;
  readonly #output: number;
  #state: 'open' | 'ended' | 'closed' = 'open';
  #stream: ReadSocket | undefined;
  #buffer: Buffer | undefined;
  #hooks: ReadHooks | undefined;

  /** Takes over both descriptors. */
  constructor({ master, output }: Pick<PseudoTerminal, 'master' | 'output'>) {
    this.#master = master;
    this.#output = output;
  }

  /** Reads until all slaves are closed. Call it once. */
  attach(hooks: ReadHooks): this {
    const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.#buffer = buffer;
    this.#hooks = hooks;
    this.#stream = openTerminalSocket(this.#output, {
      buffer,
      callback: (count) => this.#state !== 'open' || hooks.chunk(buffer.subarray(0, count)),
      ended: () => this.#atEnd(),
    });
    return this;
  }

  resume(): void {
    this.#stream?.resume();
  }

  unref(): void {
    this.#stream?.unref();
  }

  /** A terminal is identified by its name instead. */
  readonly pipe = undefined;

  get hasUnread(): boolean {
    return this.#state === 'open' && bytesAvailable(this.#master) > 0;
  }

  /**
   * Passes on all output written so far, then calls `end`. FIONREAD does not count bytes in transit from the
   * slave, but an empty read waits for them before it fails with EAGAIN (n_tty_read in drivers/tty/n_tty.c,
   * since Linux 4.5). A background job may go on writing, so the read stops at the most that the kernel can
   * hold.
   */
  drain(): void {
    if (this.#state !== 'open') return;
    this.#passOn();
    this.hangUp();
    this.#hooks?.end();
  }

  /** The reader wants no more: hangs up, unless the output has ended already. */
  close(): void {
    if (this.#state === 'open') this.hangUp();
  }

  /** Not held: a terminal is hung up when its session's leader has exited. */
  hold(): void {}

  letGo(): void {}

  /** Closes the master: the foreground group and the session leader get SIGHUP. */
  hangUp(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#stream?.destroy();
    closeDescriptor(this.#master);
  }

  /** The master's descriptor, while it is open. */
  get master(): number | undefined {
    return this.#state === 'closed' ? undefined : this.#master;
  }

  /** Types as many bytes as fit and returns their count; undefined when no process can read them. */
  type(bytes: Uint8Array): number | undefined {
    return this.#state === 'open' ? this.#attempt(() => writeSync(this.#master, bytes)) : undefined;
  }

  /** The line editing in force; undefined in byte-by-byte mode, or after the end of the output. */
  get lineEditing(): LineEditing | undefined {
    return this.#state === 'open' ? lineEditing(this.#master) : undefined;
  }

  /** Sets one or both dimensions. False when the terminal is closed. */
  resize(size: Partial<WindowSize>): boolean {
    if (this.#state !== 'open') return false;
    setWindowSize(this.#master, { ...windowSize(this.#master), ...size });
    return true;
  }

  /** The call's result; 0 if it would block, undefined if the other side is closed. */
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
   * The last slave is closed, but bytes may still be unread. The libuv of Node 20 takes a hang-up together
   * with a short read for the end (uv__stream_io in src/unix/stream.c), and reads of a terminal are short.
   * And the kernel checks for bytes before it checks the other side, so bytes written between the two checks
   * come after EIO.
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
