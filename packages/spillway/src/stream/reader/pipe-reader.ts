/** Reads a pipe through the event loop, until its end or until the child's exit. */
import { PostponedByTimer, setImmediate } from '../../base/index.js';
import { closeDescriptor, openReadSocket, type ReadSocket } from '../../system/index.js';
import { DescriptorReader, giveBack } from './descriptor-reader.js';
import type { OpenReader, ReadHooks } from './reader.js';

export const openReader: OpenReader = (fd, mayEnlarge, hooks) => new PipeReader(fd, mayEnlarge, hooks);

class PipeReader extends DescriptorReader {
  #socket: ReadSocket | undefined;
  #holdsEventLoop = true;

  constructor(fd: number, mayEnlarge: boolean, hooks: ReadHooks) {
    super(fd, mayEnlarge, hooks);
    unattached.add(this);
  }

  override resume(): void {
    this.#socket?.resume();
  }

  override unref(): void {
    this.#holdsEventLoop = false;
    this.#socket?.unref();
  }

  /** Starts reading through the event loop. */
  attach(): void {
    const socket = openReadSocket(this.fd, {
      buffer: this.buffer,
      callback: (count: number) => this.isClosed || this.passOn(count),
      ended: () => this.finish(),
    });
    this.#socket = socket;
    if (!this.#holdsEventLoop) socket.unref();
  }

  protected override release(buffer: Buffer | undefined): void {
    unattached.delete(this);
    if (this.#socket) this.#socket.destroy();
    else closeDescriptor(this.fd);
    // Only after the socket has released it.
    if (buffer) setImmediate(giveBack, buffer);
  }
}

/**
 * A socket costs more than many commands do, so readers of commands that end within a moment never get one:
 * `drain` reads everything. Until then the pipe holds the output; a child that fills it waits once for the
 * rest of that moment.
 */
const unattached = new PostponedByTimer<PipeReader>((reader) => reader.attach());
