/** pipe2(2), fcntl(2) and ioctl(2), as far as pipes need them. */
import { openSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import {
  bind,
  bindOptional,
  check,
  errnoOf,
  lastErrno,
  requirePlatform,
  SystemError,
} from '../libc/index.js';

const pipe2 = bindOptional<(fds: Int32Array, flags: number) => number>('int pipe2(int *fds, int flags)');
const pipe = bind<(fds: Int32Array) => number>('int pipe(int *fds)');
// Variadic in C, but every 64-bit Linux ABI passes an int the same way; Apple's arm64 does not, hence the dots.
const fcntl = bind<(fd: number, command: number, type: string, argument: number) => number>(
  'int fcntl(int fd, int command, ...)',
);
const ioctl = bind<(fd: number, request: number, type: string, argument: Int32Array) => number>(
  'int ioctl(int fd, unsigned long request, ...)',
);

const F_GETFL = 3;
const F_SETFL = 4;

const closeCall = bind<(fd: number) => number>('int close(int fd)');

/**
 * Closes a descriptor that was made by one of these calls. Node keeps a list of what it has opened in a worker thread, and warns when
 * its own close(2) meets another there.
 */
export function closeDescriptor(fd: number): void {
  // Interrupted, it is closed all the same (close(2), "Dealing with error returns from close()").
  if (closeCall(fd) === -1 && lastErrno() !== errnoOf.EINTR) check(-1, 'close', `closing descriptor ${fd}`);
}

export interface PipeEnds {
  readonly read: number;
  readonly write: number;
}

const fds = new Int32Array(2);

/**
 * Makes a pipe; both ends are close-on-exec and above 2, so that neither can be taken for standard input, output or error,
 * also when this process was started with one of those closed.
 * Errors: EMFILE (this process), ENFILE (the system).
 */
export function createPipe(doing: string): PipeEnds {
  const atomic = pipe2();
  if (atomic) check(atomic(fds, requirePlatform().O_CLOEXEC), 'pipe2', doing);
  else check(pipe(fds), 'pipe', doing);
  let read = fds[0] as number;
  let write = fds[1] as number;
  try {
    if (read <= 2 || atomic === undefined) read = moved(read, doing);
    if (write <= 2 || atomic === undefined) write = moved(write, doing);
  } catch (error) {
    closeDescriptor(read);
    closeDescriptor(write);
    throw error;
  }
  if (write >= roomyBelow) makeRoom(write, doing);
  return { read, write };
}

/** The same pipe by descriptors that Node has opened: in a worker thread it is to close none but its own (closeDescriptor). */
export function openedByNode(ends: PipeEnds): PipeEnds {
  if (isMainThread) return ends;
  const read = openSync(`/dev/fd/${ends.read}`, 'r');
  const write = openSync(`/dev/fd/${ends.write}`, 'w');
  closeDescriptor(ends.read);
  closeDescriptor(ends.write);
  return { read, write };
}

let roomyBelow = 192;

/**
 * The kernel doubles the table of descriptors when it is full, and in a program with threads each time waits some 10 ms until no
 * processor looks at the old one (expand_fdtable in fs/file.c). Who has this many will have more: one large step for several waits.
 */
function makeRoom(highest: number, doing: string): void {
  roomyBelow = highest * 8;
  try {
    closeDescriptor(duplicate(highest, roomyBelow, doing));
  } catch {
    // More than this process may have (EINVAL): it grows as it would have.
  }
}

function moved(fd: number, doing: string): number {
  const copy = duplicate(fd, 3, doing);
  closeDescriptor(fd);
  return copy;
}

/** A close-on-exec copy of `fd` with a number of at least `minimum` (F_DUPFD_CLOEXEC). */
export function duplicate(fd: number, minimum: number, doing: string): number {
  return check(fcntl(fd, requirePlatform().F_DUPFD_CLOEXEC, 'int', minimum), 'fcntl(F_DUPFD_CLOEXEC)', doing);
}

/** Capacity of a pipe in bytes (F_GETPIPE_SZ), or undefined where the kernel does not tell. */
export function pipeCapacity(fd: number): number | undefined {
  const command = requirePlatform().F_GETPIPE_SZ;
  if (command === undefined) return undefined;
  return check(fcntl(fd, command, 'int', 0), 'fcntl(F_GETPIPE_SZ)', 'asking for the capacity of a pipe');
}

/**
 * Sets the capacity of a pipe (F_SETPIPE_SZ, fcntl(2)); returns what the kernel made of it: it rounds up to a power of two of pages.
 * Errors: EPERM above /proc/sys/fs/pipe-max-size without CAP_SYS_RESOURCE, or past the user's pipe-user-pages-soft; EBUSY for less
 * than what is in the pipe; ENOSYS where pipes have one size.
 */
export function setPipeCapacity(fd: number, bytes: number): number {
  const command = requirePlatform().F_SETPIPE_SZ;
  const doing = `setting the capacity of a pipe to ${bytes} bytes`;
  if (command === undefined) throw new SystemError('fcntl(F_SETPIPE_SZ)', errnoOf.ENOSYS, doing);
  return check(fcntl(fd, command, 'int', bytes), 'fcntl(F_SETPIPE_SZ)', doing);
}

const count = new Int32Array(1);

/** Bytes that can be read from a pipe right now (FIONREAD, pipe(7)). */
export function bytesAvailable(fd: number): number {
  check(
    ioctl(fd, requirePlatform().FIONREAD, 'int *', count),
    'ioctl(FIONREAD)',
    'counting the unread bytes of a pipe',
  );
  return count[0] as number;
}

/**
 * Makes an inherited descriptor blocking again. O_NONBLOCK belongs to the open file, which parent and child share: libuv sets it on
 * pipes that it reads or writes, and a child that inherits one sees EAGAIN, which few programs expect.
 * A descriptor that is not open is left alone: the start itself reports it.
 */
export function makeBlocking(fd: number): void {
  const flags = fcntl(fd, F_GETFL, 'int', 0);
  if (flags === -1 && lastErrno() === errnoOf.EBADF) return;
  check(flags, 'fcntl(F_GETFL)', `reading the flags of descriptor ${fd}`);
  const { O_NONBLOCK } = requirePlatform();
  if ((flags & O_NONBLOCK) === 0) return;
  check(fcntl(fd, F_SETFL, 'int', flags & ~O_NONBLOCK), 'fcntl(F_SETFL)', `making descriptor ${fd} blocking`);
}

/** Makes our end of a pipe non-blocking; the child's end is another open file, which keeps its flags (pipe(2)). */
export function makeNonBlocking(fd: number): void {
  const doing = `making descriptor ${fd} non-blocking`;
  const flags = check(fcntl(fd, F_GETFL, 'int', 0), 'fcntl(F_GETFL)', doing);
  check(fcntl(fd, F_SETFL, 'int', flags | requirePlatform().O_NONBLOCK), 'fcntl(F_SETFL)', doing);
}
