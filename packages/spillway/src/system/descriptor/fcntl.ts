/** fcntl(2): the flags of descriptors and of open files, copies, and the capacity of pipes. */
import { bind, check, errnoOf, lastErrno, requirePlatform, SystemError } from '../libc/index.js';

// Variadic in C. Every 64-bit Linux ABI passes an int the same way; Apple's arm64 does not, hence the dots.
const fcntl = bind<(fd: number, command: number, type: string, argument: number) => number>(
  'int fcntl(int fd, int command, ...)',
);

const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_GETFL = 3;
const F_SETFL = 4;
/** The same on every system: POSIX gives the names, tradition the numbers. */
const O_ACCMODE = 3;

/** Whether the descriptor is open for reading, writing or both; undefined when it is not open. */
export function accessOf(fd: number): 'read' | 'write' | 'both' | undefined {
  const flags = flagsOf(fd);
  return flags === undefined ? undefined : (['read', 'write', 'both'] as const)[flags & O_ACCMODE];
}

/** From here on no child inherits the descriptor, unless it is passed on. */
export function setCloseOnExec(fd: number): void {
  check(fcntl(fd, F_SETFD, 'int', FD_CLOEXEC), 'fcntl(F_SETFD)', `making descriptor ${fd} close-on-exec`);
}

/** A close-on-exec copy of `fd` with a number of at least `minimum` (F_DUPFD_CLOEXEC). */
export function duplicate(fd: number, minimum: number, doing: string): number {
  return check(fcntl(fd, requirePlatform().F_DUPFD_CLOEXEC, 'int', minimum), 'fcntl(F_DUPFD_CLOEXEC)', doing);
}

/** Capacity of a pipe in bytes (F_GETPIPE_SZ), or undefined where the kernel does not report it. */
export function pipeCapacity(fd: number): number | undefined {
  const command = requirePlatform().F_GETPIPE_SZ;
  if (command === undefined) return undefined;
  return check(fcntl(fd, command, 'int', 0), 'fcntl(F_GETPIPE_SZ)', 'asking for the capacity of a pipe');
}

/**
 * Sets the capacity of a pipe (F_SETPIPE_SZ, fcntl(2)) and returns the capacity it got: the kernel rounds up
 * to a power of two of pages. Errors: EPERM above /proc/sys/fs/pipe-max-size without CAP_SYS_RESOURCE, or
 * past the user's pipe-user-pages-soft; EBUSY below the bytes in the pipe; ENOSYS where pipes have one size.
 */
export function setPipeCapacity(fd: number, bytes: number): number {
  const command = requirePlatform().F_SETPIPE_SZ;
  const doing = `setting the capacity of a pipe to ${bytes} bytes`;
  if (command === undefined) throw new SystemError('fcntl(F_SETPIPE_SZ)', errnoOf.ENOSYS, doing);
  return check(fcntl(fd, command, 'int', bytes), 'fcntl(F_SETPIPE_SZ)', doing);
}

/**
 * Makes an inherited descriptor blocking again. O_NONBLOCK belongs to the open file, which parent and child
 * share: libuv sets it on pipes that it reads or writes, and a child that inherits one sees EAGAIN, which few
 * programs expect. Ignores a descriptor that is not open: starting the child reports it.
 */
export function makeBlocking(fd: number): void {
  const flags = flagsOf(fd);
  if (flags === undefined) return;
  const { O_NONBLOCK } = requirePlatform();
  if ((flags & O_NONBLOCK) === 0) return;
  check(fcntl(fd, F_SETFL, 'int', flags & ~O_NONBLOCK), 'fcntl(F_SETFL)', `making descriptor ${fd} blocking`);
}

/** False as well for a descriptor that is not open. */
export function isNonBlocking(fd: number): boolean {
  return ((flagsOf(fd) ?? 0) & requirePlatform().O_NONBLOCK) !== 0;
}

/**
 * Makes our end of a pipe non-blocking. The child's end is another open file, which keeps its flags
 * (pipe(2)).
 */
export function makeNonBlocking(fd: number): void {
  const doing = `making descriptor ${fd} non-blocking`;
  const flags = check(fcntl(fd, F_GETFL, 'int', 0), 'fcntl(F_GETFL)', doing);
  check(fcntl(fd, F_SETFL, 'int', flags | requirePlatform().O_NONBLOCK), 'fcntl(F_SETFL)', doing);
}

/** F_GETFL; undefined when the descriptor is not open. */
function flagsOf(fd: number): number | undefined {
  const flags = fcntl(fd, F_GETFL, 'int', 0);
  if (flags === -1 && lastErrno() === errnoOf.EBADF) return undefined;
  return check(flags, 'fcntl(F_GETFL)', `reading the flags of descriptor ${fd}`);
}
