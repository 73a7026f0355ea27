/** What fcntl(2) tells of a descriptor that somebody else has opened. */

import { bind, check, errnoOf, lastErrno } from '../libc/index.js';

const fcntl = bind<(fd: number, command: number, type: string, argument: number) => number>(
  'int fcntl(int fd, int command, ...)',
);

const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_GETFL = 3;
/** The same on every system (POSIX gives the names, tradition the numbers). */
const O_ACCMODE = 3;

/** Whether it was opened for reading, writing or both; undefined when it is not open. */
export function accessOf(fd: number): 'read' | 'write' | 'both' | undefined {
  const flags = fcntl(fd, F_GETFL, 'int', 0);
  if (flags === -1 && lastErrno() === errnoOf.EBADF) return undefined;
  check(flags, 'fcntl(F_GETFL)', `reading the flags of descriptor ${fd}`);
  return (['read', 'write', 'both'] as const)[flags & O_ACCMODE];
}

/** From here on no child inherits it, unless it is passed on. */
export function setCloseOnExec(fd: number): void {
  check(fcntl(fd, F_SETFD, 'int', FD_CLOEXEC), 'fcntl(F_SETFD)', `making descriptor ${fd} close-on-exec`);
}
