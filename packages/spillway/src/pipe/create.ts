/** Making a pipe. */

import { requireBytes, requireNames } from '../base/index.js';
import {
  closeDescriptor,
  libcProblem,
  platform,
  setPipeCapacity,
  createPipe as systemPipe,
} from '../system/index.js';
import type { EndOptions } from './pipe-end.js';
import { ReadEnd } from './read-end.js';
import { WriteEnd } from './write-end.js';

/** Options of `createPipe`. */
export interface PipeOptions extends EndOptions {
  /**
   * Bytes that the pipe can hold; the kernel rounds up to a power of two of pages. Default: the kernel's,
   * 65,536 on Linux, and less for a user with very many pipes (pipe(7), pipe-user-pages-soft).
   */
  readonly capacity?: number | undefined;
}

/** The two ends of a pipe; the owner of each closes it. */
export interface Pipe {
  readonly reader: ReadEnd;
  readonly writer: WriteEnd;
}

/** Pipes cannot be made here, because no C library can be called. `cause` says why. */
export class PipeUnavailableError extends Error {
  override readonly name = 'PipeUnavailableError';
  readonly code = 'ERR_PIPE_UNAVAILABLE';
}

/**
 * Makes a pipe. Both ends are close-on-exec: a child gets an end only when it is passed on. A worker thread
 * should close its ends before it ends: they are not closed for it.
 *
 * Errors: OptionError; PipeUnavailableError where the C library cannot be called; SystemError with the code
 * EMFILE or ENFILE without a free descriptor, EPERM for a capacity above what this user may have, ENOSYS for
 * any capacity on a system whose pipes have one size.
 */
export function createPipe(options: PipeOptions = {}): Pipe {
  const own = requireNames('options', options, ['capacity', 'blocking', 'maxRead']);
  const capacity = requireBytes('capacity', own.capacity, 1, 2 ** 31 - 1);
  requirePipes();
  const { read, write } = systemPipe('making a pipe');
  try {
    if (capacity !== undefined) setPipeCapacity(write, capacity);
    return { reader: new ReadEnd(read, own), writer: new WriteEnd(write, own) };
  } catch (error) {
    closeDescriptor(read);
    closeDescriptor(write);
    throw error;
  }
}

/** Throws PipeUnavailableError where pipes cannot be made. */
export function requirePipes(): void {
  if (!platform)
    throw new PipeUnavailableError(
      `pipes are made by system calls, and none are known for ${process.platform} ${process.arch}`,
    );
  const problem = libcProblem();
  if (!problem) return;
  const reason = problem.message.split('\n', 1)[0];
  throw new PipeUnavailableError(`pipes are made by the C library, which cannot be called: ${reason}`, {
    cause: problem,
  });
}
