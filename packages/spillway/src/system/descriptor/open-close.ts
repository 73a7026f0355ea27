/**
 * open(2) and close(2). In a worker thread Node keeps a list of the descriptors that it has opened, and warns
 * when its close(2) gets one that is not on the list: `closeDescriptor` is for those that this floor's own
 * calls open.
 */
import { bindOptional, check, errnoOf, lastErrno, required } from '../libc/index.js';

export const openCall = bindOptional<(path: string, flags: number) => number>(
  'int open(const char *path, int flags)',
);
export const closeCall = bindOptional<(fd: number) => number>('int close(int fd)');

/** Closes a descriptor that one of this floor's own calls has opened. */
export function closeDescriptor(fd: number): void {
  // EINTR: it is closed all the same (close(2), "Dealing with error returns from close()").
  if (required(closeCall)(fd) === -1 && lastErrno() !== errnoOf.EINTR)
    check(-1, 'close', `closing descriptor ${fd}`);
}
