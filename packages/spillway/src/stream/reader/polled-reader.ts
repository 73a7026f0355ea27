/** Reads a pipe in a loop of our own on poll(2), while Node's event loop stands still. */
import { fstatSync, readSync } from 'node:fs';
import { PipeGrowth } from '../../pipe/index.js';
import {
  bytesAvailable,
  closeDescriptor,
  makeNonBlocking,
  type PollLoop,
  type Watch,
} from '../../system/index.js';
import { type ByteReader, giveBack, type ReadHooks, readExactly, takeBuffer } from './pipe-reader.js';

export class PolledReader implements ByteReader {
  readonly #loop: PollLoop;
  readonly #fd: number;
  readonly #hooks: ReadHooks;
  readonly #growth: PipeGrowth;
  #buffer: Buffer | undefined;
  #watch: Watch | undefined;
  #closed = false;

  constructor(loop: PollLoop, fd: number, mayEnlarge: boolean, hooks: ReadHooks) {
    this.#loop = loop;
    this.#fd = fd;
    this.#hooks = hooks;
    this.#growth = new PipeGrowth(fd, mayEnlarge);
    // Whoever opens /dev/stdout for reading may take the bytes between poll and read.
    makeNonBlocking(fd);
    this.resume();
  }

  resume(): void {
    if (!this.#closed) this.#watch ??= this.#loop.watch(this.#fd, 'reading', () => this.#read());
  }

  get inode(): number | undefined {
    return this.#closed ? undefined : fstatSync(this.#fd).ino;
  }

  get hasUnread(): boolean {
    return !this.#closed && bytesAvailable(this.#fd) > 0;
  }

  drain(): void {
    if (this.#closed) return;
    const left = bytesAvailable(this.#fd);
    if (left > 0) this.#passOn(left);
    this.#end();
  }

  #passOn(left: number): void {
    this.#buffer ??= takeBuffer();
    readExactly(this.#fd, left, this.#buffer, (view) => {
      this.#hooks.chunk(view);
      return !this.#closed;
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pause();
    closeDescriptor(this.#fd);
    if (this.#buffer) giveBack(this.#buffer);
    this.#buffer = undefined;
  }

  #end(): void {
    if (this.#closed) return;
    this.close();
    this.#hooks.end();
  }

  #pause(): void {
    this.#watch?.stop();
    this.#watch = undefined;
  }

  #read(): void {
    this.#buffer ??= takeBuffer();
    let count: number;
    try {
      count = readSync(this.#fd, this.#buffer);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return;
      // A pipe knows no other error than EIO of a broken kernel; the exit still says what became of the child.
      count = 0;
    }
    if (count === 0) {
      this.#end();
      return;
    }
    this.#growth.moved(count);
    if (!this.#hooks.chunk(this.#buffer.subarray(0, count))) this.#pause();
  }
}
