/** What both ends of a pipe have in common: one owner, which closes the descriptor once. */

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
   * Whether a read waits until there are bytes, and a write until all its bytes are in the pipe; the whole
   * thread waits. Default: false, and both return `'would-block'`.
   */
  readonly blocking?: boolean | undefined;
  /**
   * Bytes that one read may take at most, from 1. Default: 65,536, the capacity of a pipe that was not
   * enlarged: one read empties it. Larger reads fail on non-blocking pipes of some versions of macOS and were
   * slower on old Linux kernels, as the author of gipc found (Python's multiprocessing has the same limit for
   * this reason, gh-121313).
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

  /** The descriptor's number. Throws PipeEndError when it is not ours any more. */
  get descriptor(): number {
    if (this.#state !== 'open') throw new PipeEndError(this.#what, this.#state);
    return this.#fd;
  }

  /** Whether the end can be used. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /**
   * Bytes that the pipe can hold (F_GETPIPE_SZ, fcntl(2)); undefined on systems that do not report it. Linux:
   * 65,536 by default.
   */
  get capacity(): number | undefined {
    return pipeCapacity(this.descriptor);
  }

  /**
   * Sets the capacity in bytes, and returns the capacity the kernel chose: it rounds up to a power of two of
   * pages. Errors (SystemError, by `code`): EPERM above /proc/sys/fs/pipe-max-size (1 MiB) without the
   * privilege, or above what this user may have in all pipes (pipe(7)); EBUSY for less than the bytes in the
   * pipe; ENOSYS where pipes have one size.
   */
  setCapacity(bytes: number): number {
    return setPipeCapacity(this.descriptor, bytes);
  }

  /** Unread bytes in the pipe (FIONREAD). */
  get available(): number {
    return bytesAvailable(this.descriptor);
  }

  /** Closes the descriptor. A second call, or one after `release`, does nothing. */
  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closed';
    closeDescriptor(this.#fd);
  }

  /** Gives the descriptor away: it stays open, and the caller must close it. */
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
    // O_NONBLOCK belongs to the open file, which the child gets, and few programs expect EAGAIN.
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
