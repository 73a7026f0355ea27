/**
 * Another open file description of a pipe's write end.
 *
 * O_NONBLOCK belongs to the description (fcntl(2)), which dup(2) and inheritance share: what one process sets, all others have. Opened anew
 * through /proc, each has its own.
 */
import { bind, requirePlatform } from '../libc/index.js';
import { closeDescriptor, duplicate } from './pipe.js';

const open = bind<(path: string, flags: number) => number>('int open(const char *path, int flags)');

/** The same everywhere, as O_ACCMODE. */
const O_WRONLY = 1;

/**
 * A close-on-exec descriptor of the same pipe, non-blocking, with a description of its own where that can be had: not where there is no
 * /proc, for a pipe of another user (EACCES), or when nobody reads it (ENXIO, fifo(7)); there it shares the one of `fd`, as it is.
 *
 * Non-blocking, since an open for writing waits for a reader otherwise. Errors: EMFILE (this process), ENFILE (the system).
 */
export function openWriteEndAnew(fd: number, doing: string): number {
  const { O_CLOEXEC, O_NONBLOCK } = requirePlatform();
  if (process.platform !== 'linux') return duplicate(fd, 3, doing);
  const own = open(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (own > 2) return own;
  // Without a descriptor free this tells; a number that could pass for a standard stream becomes another, of the same description.
  const copy = duplicate(own === -1 ? fd : own, 3, doing);
  if (own !== -1) closeDescriptor(own);
  return copy;
}
