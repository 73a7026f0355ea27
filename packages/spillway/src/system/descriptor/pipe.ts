/** pipe2(2): making pipes, and counting the bytes in them. */

import { isMainThread } from '../../base/index.js';
import { bind, bindOptional, check, requirePlatform } from '../libc/index.js';
import { duplicate } from './fcntl.js';
import { openSync } from './io.js';
import { ioctl } from './ioctl.js';
import { closeDescriptor } from './open-close.js';

const pipe2 = bindOptional<(fds: Int32Array, flags: number) => number>('int pipe2(int *fds, int flags)');
const pipe = bind<(fds: Int32Array) => number>('int pipe(int *fds)');

export interface PipeEnds {
  readonly read: number;
  readonly write: number;
}

const fds = new Int32Array(2);

/**
 * Makes a pipe. Both ends are close-on-exec and above 2: neither can pass for standard input, output or
 * error, even in a process that was started with one of those closed. Errors: EMFILE (this process), ENFILE
 * (the system).
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

/**
 * The same pipe by descriptors that Node has opened: in a worker thread Node should close only those (see
 * open-close.ts).
 */
export function openedByNode(ends: PipeEnds): PipeEnds {
  if (isMainThread()) return ends;
  const read = openSync(`/dev/fd/${ends.read}`, 'r');
  const write = openSync(`/dev/fd/${ends.write}`, 'w');
  closeDescriptor(ends.read);
  closeDescriptor(ends.write);
  return { read, write };
}

let roomyBelow = 192;

/**
 * The kernel doubles the table of descriptors when it is full. In a program with threads each doubling waits
 * some 10 ms until no processor uses the old table (expand_fdtable in fs/file.c). A program with this many
 * descriptors will open more: one large step replaces several waits.
 */
function makeRoom(highest: number, doing: string): void {
  roomyBelow = highest * 8;
  try {
    closeDescriptor(duplicate(highest, roomyBelow, doing));
  } catch {
    // EINVAL: above this process's limit. The table then grows in the kernel's own steps.
  }
}

function moved(fd: number, doing: string): number {
  const copy = duplicate(fd, 3, doing);
  closeDescriptor(fd);
  return copy;
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
