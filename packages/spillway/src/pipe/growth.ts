/** Makes a pipe larger once much has gone through it. */
import { pipeCapacity, setPipeCapacity } from '../system/index.js';

/**
 * A stream that has brought this much gets a larger pipe, if it may. In one of 64 KiB writer and reader wake one another at nearly
 * every call, which on some machines takes three quarters of the speed; most streams never bring as much as a pipe holds.
 */
const MUCH_BYTES = 1024 * 1024;
/** What it is enlarged to. */
export const LARGE_PIPE_BYTES = 1024 * 1024;
/** What the kernel gives unasked (pipe(7)): a pipe of another size has it from somebody who wanted it. */
const USUAL_BYTES = 65536;

export class PipeGrowth {
  readonly #fd: number;
  /** Until the pipe is enlarged; Infinity when it is not to be. */
  #bytesToMuch: number;

  constructor(fd: number, mayEnlarge: boolean) {
    this.#fd = fd;
    this.#bytesToMuch = mayEnlarge ? MUCH_BYTES : Number.POSITIVE_INFINITY;
  }

  /** So many bytes more have gone through. */
  moved(count: number): void {
    this.#bytesToMuch -= count;
    if (this.#bytesToMuch > 0) return;
    this.#bytesToMuch = Number.POSITIVE_INFINITY;
    try {
      if (pipeCapacity(this.#fd) === USUAL_BYTES) setPipeCapacity(this.#fd, LARGE_PIPE_BYTES);
    } catch {
      // Past the user's limit for all pipes (pipe(7), pipe-user-pages-soft), or no such call: it stays as it is.
    }
  }
}
