/** The gate of a program that is held back until its caller lets it run. */
import { bytesAvailable, closeDescriptor, readSync, writeSync } from '../../../system/index.js';
import type { StartGate } from '../../wait/index.js';

export class Gate implements StartGate {
  /** Undefined when it has been closed. */
  #fd: number | undefined;
  /** Where the holder tells of an exec that failed. */
  readonly #errorOf: ((errno: number) => unknown) | undefined;
  #isOpen = false;

  /** Owns the descriptor, a blocking one. */
  constructor(fd: number, errorOf?: (errno: number) => unknown) {
    this.#fd = fd;
    this.#errorOf = errorOf;
  }

  /** Whether the program is held back. */
  get isShut(): boolean {
    return !this.#isOpen;
  }

  /** Lets the program run; later calls do nothing. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    if (this.#fd === undefined) return;
    try {
      writeSync(this.#fd, '\n');
    } catch {
      // EPIPE: the holder has been killed.
    }
  }

  failure(): unknown {
    if (this.#fd === undefined || this.#errorOf === undefined || !this.#isOpen) return undefined;
    const answer = Buffer.alloc(4);
    try {
      if (bytesAvailable(this.#fd) < answer.length) return undefined;
      readSync(this.#fd, answer);
    } catch {
      // ECONNRESET: it was killed.
      return undefined;
    }
    return this.#errorOf(answer.readInt32LE());
  }

  /** The holder, if it still waits, exits without having run the program. */
  close(): void {
    if (this.#fd === undefined) return;
    closeDescriptor(this.#fd);
    this.#fd = undefined;
  }
}
