/** Reads a pipe in a private poll(2) loop, while Node's event loop is blocked. */
import { closeDescriptor, makeNonBlocking, type PollLoop, readSync, type Watch } from '../../system/index.js';
import { DescriptorReader, giveBack } from './descriptor-reader.js';
import type { ReadHooks } from './reader.js';

export class PolledReader extends DescriptorReader {
  readonly #loop: PollLoop;
  #watch: Watch | undefined;

  constructor(loop: PollLoop, fd: number, mayEnlarge: boolean, hooks: ReadHooks) {
    super(fd, mayEnlarge, hooks);
    this.#loop = loop;
    // Another process that opens /dev/stdout for reading may take the bytes between poll and read.
    makeNonBlocking(fd);
    this.resume();
  }

  override resume(): void {
    if (!this.isClosed) this.#watch ??= this.#loop.watch(this.fd, 'reading', () => this.#read());
  }

  override unref(): void {}

  protected override release(buffer: Buffer | undefined): void {
    this.#pause();
    closeDescriptor(this.fd);
    if (buffer) giveBack(buffer);
  }

  #pause(): void {
    this.#watch?.stop();
    this.#watch = undefined;
  }

  #read(): void {
    let count: number;
    try {
      count = readSync(this.fd, this.buffer);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return;
      // The only other error is EIO from a broken kernel; the exit status still tells the child's fate.
      count = 0;
    }
    if (count === 0) this.finish();
    else if (!this.passOn(count)) this.#pause();
  }
}
