/** Pipes and terminals by our own calls, for runtimes whose sockets do not take such a descriptor. */
import { Writable } from 'node:stream';
import { streamOptions } from '../../base/index.js';
import { errnoOf, errorLikeNode } from '../libc/index.js';
import { makeNonBlocking } from './fcntl.js';
import { closeDescriptor } from './open-close.js';
import { type DescriptorWatch, watchDescriptor } from './readiness.js';
import { readSome, writeSome } from './transfer.js';

/** What reads a pipe or a terminal. */
export interface ReadSocket {
  /** Goes on after a pause. */
  resume(): void;
  ref(): void;
  unref(): void;
  /** Closes the descriptor. */
  destroy(): void;
}

export interface PipeReading {
  readonly buffer: Uint8Array;
  /** Gets the count of bytes that are in the buffer; false pauses. */
  callback(count: number, buffer: Uint8Array): boolean;
  /** Nothing more will come. */
  ended(): void;
}

/** As libuv: other descriptors have their turn after so many reads. */
const MOST_READS = 32;

export class WatchedReading implements ReadSocket {
  readonly #fd: number;
  readonly #reading: PipeReading;
  #watch: DescriptorWatch | undefined;
  #isReferenced = true;
  #isOpen = true;

  constructor(fd: number, reading: PipeReading) {
    makeNonBlocking(fd);
    this.#fd = fd;
    this.#reading = reading;
    this.resume();
  }

  resume(): void {
    if (!this.#isOpen) return;
    this.#watch ??= watchDescriptor(this.#fd, 'reading', () => this.#read(), this.#isReferenced);
  }

  ref(): void {
    this.#isReferenced = true;
    this.#watch?.ref();
  }

  unref(): void {
    this.#isReferenced = false;
    this.#watch?.unref();
  }

  destroy(): void {
    if (!this.#isOpen) return;
    this.#pause();
    this.#isOpen = false;
    closeDescriptor(this.#fd);
  }

  #pause(): void {
    this.#watch?.stop();
    this.#watch = undefined;
  }

  #read(): void {
    const { buffer, callback, ended } = this.#reading;
    for (let reads = 0; reads < MOST_READS && this.#watch; reads++) {
      const count = readSome(this.#fd, buffer, buffer.length);
      if (count === -errnoOf.EAGAIN) return;
      if (count <= 0) {
        // A terminal that has been hung up gives EIO.
        this.#pause();
        ended();
        return;
      }
      if (!callback(count, buffer)) this.#pause();
      if (count < buffer.length) return;
    }
  }
}

export class WatchedWriting extends Writable {
  readonly #fd: number;
  #watch: DescriptorWatch | undefined;
  #isReferenced = true;
  #left: Uint8Array | undefined;
  #written: ((error?: Error | null) => void) | undefined;

  constructor(fd: number) {
    super(streamOptions({}));
    makeNonBlocking(fd);
    this.#fd = fd;
  }

  /** Bytes of the latest write that are not in the pipe. */
  get unsentBytes(): number {
    return this.#left?.length ?? 0;
  }

  ref(): this {
    this.#isReferenced = true;
    this.#watch?.ref();
    return this;
  }

  unref(): this {
    this.#isReferenced = false;
    this.#watch?.unref();
    return this;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#left = chunk;
    this.#written = done;
    this.#go();
  }

  /** All is written. The stream itself would close the pipe some ticks later. */
  override _final(done: () => void): void {
    done();
    this.destroy();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#watch?.stop();
    closeDescriptor(this.#fd);
    this.#settle(errorLikeNode(errnoOf.ECANCELED, 'write'));
    done(error);
  }

  #go(): void {
    while (this.#left) {
      if (this.#left.length === 0) {
        this.#settle();
        return;
      }
      const count = writeSome(this.#fd, this.#left, this.#left.length);
      if (count === -errnoOf.EAGAIN) {
        this.#watch ??= watchDescriptor(this.#fd, 'writing', () => this.#go(), this.#isReferenced);
        return;
      }
      if (count < 0) this.#settle(errorLikeNode(-count, 'write'));
      else this.#left = this.#left.subarray(count);
    }
  }

  #settle(error?: Error): void {
    const written = this.#written;
    if (!written) return;
    this.#watch?.stop();
    this.#watch = undefined;
    this.#left = undefined;
    this.#written = undefined;
    written(error);
  }
}
