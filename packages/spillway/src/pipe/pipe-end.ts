/** What both ends of a pipe have: one owner, who closes the descriptor once. */

import { OptionError } from '../base/index.js';
import {
  bytesAvailable,
  closeDescriptor,
  makeBlocking,
  makeNonBlocking,
  pipeCapacity,
  setPipeCapacity,
} from '../system/index.js';
import { type EndState, PipeEndError } from './end-error.js';
import { type Passable, type Passage, passOn } from './passing.js';

/** Options of an end. */
export interface EndOptions {
  /**
   * Whether a read waits until something is there, and a write until all of it is in the pipe; the whole thread waits with them.
   * Default: false, and both answer `'would-block'`.
   */
  readonly blocking?: boolean | undefined;
  /**
   * Bytes that one read may take at most, from 1. Default: 65,536, which is what a pipe holds unless somebody has made it larger: one read
   * empties it. Larger ones fail on non-blocking pipes of some versions of macOS, and were slower on old kernels of Linux, as gipc's author
   * found (Python's multiprocessing reads no more at once for the same reason, gh-121313).
   */
  readonly maxRead?: number | undefined;
}

export abstract class PipeEnd implements Passable {
  readonly #what: string;
  readonly #access: 'r' | 'w';
  readonly #blocking: boolean;
  #fd: number;
  #state: 'open' | EndState = 'open';

  /** Takes over `fd`. */
  protected constructor(fd: number, access: 'r' | 'w', blocking = false) {
    if (!Number.isInteger(fd) || fd < 0) throw new OptionError('fd', fd, 'the number of an open descriptor');
    if (typeof blocking !== 'boolean') throw new OptionError('blocking', blocking, 'true or false');
    this.#fd = fd;
    this.#access = access;
    this.#blocking = blocking;
    this.#what = access === 'r' ? 'read end' : 'write end';
    this.#setMode();
  }

  /** Its number. Throws PipeEndError when it is not ours any more. */
  get descriptor(): number {
    if (this.#state !== 'open') throw new PipeEndError(this.#what, this.#state);
    return this.#fd;
  }

  /** Whether it can be used. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Bytes that the pipe can hold (F_GETPIPE_SZ, fcntl(2)); undefined on systems that do not tell. Linux: 65,536 by default. */
  get capacity(): number | undefined {
    return pipeCapacity(this.descriptor);
  }

  /**
   * Asks for another capacity, in bytes, and returns what the kernel made of it: it rounds up to a power of two of pages. Errors
   * (SystemError, by `code`): EPERM above /proc/sys/fs/pipe-max-size (1 MiB) without the right to it, or past what this user may have in
   * all pipes (pipe(7)); EBUSY for less than what is in the pipe; ENOSYS where pipes have one size.
   */
  setCapacity(bytes: number): number {
    return setPipeCapacity(this.descriptor, bytes);
  }

  /** Bytes in the pipe that nobody has read yet (FIONREAD). */
  get available(): number {
    return bytesAvailable(this.descriptor);
  }

  /** Closes the descriptor. A second call, or one after `release`, does nothing. */
  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closed';
    closeDescriptor(this.#fd);
  }

  /** Gives the descriptor away: it is open, and the caller's to close. */
  release(): number {
    const fd = this.descriptor;
    this.#state = 'released';
    return fd;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [passOn](): Passage {
    const fd = this.descriptor;
    // O_NONBLOCK belongs to the open file, which the child gets: few programs expect EAGAIN.
    makeBlocking(fd);
    return {
      descriptors: [{ fd, access: this.#access }],
      codec: '',
      done: () => {
        this.close();
        this.#state = 'passed on';
      },
      failed: () => this.#setMode(),
    };
  }

  #setMode(): void {
    if (this.#blocking) makeBlocking(this.#fd);
    else makeNonBlocking(this.#fd);
  }
}
