/** Enlarges a pipe once much has gone through it. */
import { pipeCapacity, setPipeCapacity } from '../system/index.js';

/**
 * A pipe that has carried this much is enlarged, where the system allows it. With 64 KiB, writer and reader
 * wake each other at nearly every call, which costs up to three quarters of the speed on some machines; most
 * streams never carry more than a pipe holds.
 */
const MUCH_BYTES = 1024 * 1024;
/** The capacity of an enlarged pipe. */
export const LARGE_PIPE_BYTES = 1024 * 1024;
/** The kernel's default (pipe(7)). A program has chosen any other capacity on purpose, so it stays. */
const USUAL_BYTES = 65536;

export class PipeGrowth {
  readonly #fd: number;
  /** Bytes left until the pipe is enlarged; Infinity when it is not to be. */
  #bytesToMuch: number;

  constructor(fd: number, mayEnlarge: boolean) {
    this.#fd = fd;
    this.#bytesToMuch = mayEnlarge ? MUCH_BYTES : Number.POSITIVE_INFINITY;
  }

  /** `count` more bytes have gone through. */
  moved(count: number): void {
    this.#bytesToMuch -= count;
    if (this.#bytesToMuch > 0) return;
    this.#bytesToMuch = Number.POSITIVE_INFINITY;
    try {
      if (pipeCapacity(this.#fd) === USUAL_BYTES) setPipeCapacity(this.#fd, LARGE_PIPE_BYTES);
    } catch {
      // Above the user's limit for all pipes (pipe(7), pipe-user-pages-soft), or no such call: the capacity
      // stays.
    }
  }
}
