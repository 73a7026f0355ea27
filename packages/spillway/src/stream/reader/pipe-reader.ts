/** Reads a pipe through libuv's event loop, until its end or until the child's exit. */
import { Socket } from 'node:net';
import { PostponedByTimer } from '../../base/index.js';
import { closeDescriptor } from '../../system/index.js';
import { DescriptorReader, giveBack } from './descriptor-reader.js';
import type { OpenReader, ReadHooks } from './reader.js';

export const openReader: OpenReader = (fd, mayEnlarge, hooks) => new PipeReader(fd, mayEnlarge, hooks);

class PipeReader extends DescriptorReader {
  #socket: Socket | undefined;

  constructor(fd: number, mayEnlarge: boolean, hooks: ReadHooks) {
    super(fd, mayEnlarge, hooks);
    unattached.add(this);
  }

  override resume(): void {
    this.#socket?.resume();
  }

  /** From now on the event loop announces what comes. */
  attach(): void {
    const socket = new Socket({
      fd: this.fd,
      readable: true,
      writable: false,
      onread: {
        buffer: this.buffer,
        callback: (count: number) => this.isClosed || this.passOn(count),
      },
    } as ConstructorParameters<typeof Socket>[0]);
    this.#socket = socket;
    socket.on('end', () => this.finish());
    // A pipe knows no other error than EIO of a broken kernel; the exit still says what became of the child.
    socket.on('error', () => this.finish());
  }

  protected override release(buffer: Buffer | undefined): void {
    unattached.delete(this);
    if (this.#socket) this.#socket.destroy();
    else closeDescriptor(this.fd);
    // Not before the socket has let go of it.
    if (buffer) setImmediate(giveBack, buffer);
  }
}

/**
 * A socket costs more than many a command, so those that end before this moment are read by `drain` alone.
 * The pipe holds what comes meanwhile; a child that fills it sooner waits for the moment, once.
 */
const unattached = new PostponedByTimer<PipeReader>((reader) => reader.attach());
