/** The gate of a program that is held back until its caller lets it run. */
import { bytesAvailable, closeDescriptor, readSync, SystemError, writeSync } from '../../../system/index.js';
import type { StartGate } from '../../wait/index.js';

export class Gate {
  /** Undefined when it has been closed. */
  #fd: number | undefined;
  /** The program's, where the holder tells of an exec that failed. */
  readonly #path: string | undefined;
  #isOpen = false;

  /** Owns the descriptor, a blocking one. */
  constructor(fd: number, path?: string) {
    this.#fd = fd;
    this.#path = path;
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

  /** When the process has exited: the error by which it did not become the program, if it did not. */
  failure(): SystemError | undefined {
    if (this.#fd === undefined || this.#path === undefined || !this.#isOpen) return undefined;
    const answer = Buffer.alloc(4);
    try {
      if (bytesAvailable(this.#fd) < answer.length) return undefined;
      readSync(this.#fd, answer);
    } catch {
      // ECONNRESET: it was killed.
      return undefined;
    }
    return new SystemError('execve', answer.readInt32LE(), `starting ${this.#path}`);
  }

  /** The holder, if it still waits, exits without having run the program. */
  close(): void {
    if (this.#fd === undefined) return;
    closeDescriptor(this.#fd);
    this.#fd = undefined;
  }
}

/** The same for the command, whose errors `explain` makes. */
export function startGate(gate: Gate, explain: (error: unknown) => unknown): StartGate {
  return {
    get isShut() {
      return gate.isShut;
    },
    open: () => gate.open(),
    failure: () => {
      const error = gate.failure();
      return error && explain(error);
    },
    close: () => gate.close(),
  };
}
