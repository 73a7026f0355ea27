/**
 * open(2) and close(2). In a worker thread Node keeps a list of what it has opened, and warns when its own close(2) meets a
 * descriptor that is not on it: what these calls open, these calls close.
 */
import { bindOptional, check, errnoOf, lastErrno, required } from '../libc/index.js';

export const openCall = bindOptional<(path: string, flags: number) => number>(
  'int open(const char *path, int flags)',
);
export const closeCall = bindOptional<(fd: number) => number>('int close(int fd)');

/** Closes a descriptor that one of this floor's own calls has made. */
export function closeDescriptor(fd: number): void {
  // EINTR: it is closed all the same (close(2), "Dealing with error returns from close()").
  if (required(closeCall)(fd) === -1 && lastErrno() !== errnoOf.EINTR)
    check(-1, 'close', `closing descriptor ${fd}`);
}
