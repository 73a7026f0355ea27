/**
 * Another open file description of a pipe's write end.
 *
 * O_NONBLOCK belongs to the description (fcntl(2)), which dup(2) and inheritance share: a flag that one
 * process sets applies to all of them. A descriptor opened anew through /proc has a description of its own.
 */
import { required, requirePlatform } from '../libc/index.js';
import { duplicate } from './fcntl.js';
import { closeDescriptor, openCall } from './open-close.js';

/** The same everywhere, as O_ACCMODE. */
const O_WRONLY = 1;

/**
 * A close-on-exec descriptor of the same pipe, non-blocking, with a description of its own. It shares the
 * description of `fd`, in whatever mode that is, without /proc, for a pipe of another user (EACCES), and for
 * a pipe without readers (ENXIO, fifo(7)).
 *
 * Non-blocking, because an open for writing otherwise waits for a reader. Errors: EMFILE (this process),
 * ENFILE (the system).
 */
export function openWriteEndAnew(fd: number, doing: string): number {
  const { O_CLOEXEC, O_NONBLOCK } = requirePlatform();
  if (process.platform !== 'linux') return duplicate(fd, 3, doing);
  const own = required(openCall)(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (own > 2) return own;
  // If the open failed for want of a descriptor, so does this copy, with EMFILE or ENFILE. A number up to 2
  // could pass for a standard stream: its copy has the same description and a higher number.
  const copy = duplicate(own === -1 ? fd : own, 3, doing);
  if (own !== -1) closeDescriptor(own);
  return copy;
}
