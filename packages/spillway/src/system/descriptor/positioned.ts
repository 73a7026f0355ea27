/**
 * lseek(2): where an open file is read next. pread(2) and pwrite(2): at an offset, without moving that
 * position; where libc cannot be called, by Node's calls, at four times the cost.
 */
import { readSync, writeSync } from 'node:fs';
import { bind, bindOptional, check, lastErrno, required } from '../libc/index.js';

// ssize_t is a long on every platform where the C library is called.
const pread = bindOptional<(fd: number, into: Uint8Array, length: number, at: number) => number>(
  'long pread(int fd, void *into, size_t length, int64_t at)',
);
const pwrite = bindOptional<(fd: number, bytes: Uint8Array, length: number, at: number) => number>(
  'long pwrite(int fd, const void *bytes, size_t length, int64_t at)',
);

/** Fills `into` as far as the file goes, and returns the number of bytes read. */
export function readAt(fd: number, into: Uint8Array, at: number): number {
  const call = pread();
  if (!call) return readSync(fd, into, 0, into.length, at);
  return check(call(fd, into, into.length, at), 'pread', `reading from descriptor ${fd}`);
}

/** Writes all the bytes into a file. */
export function writeAt(fd: number, bytes: Uint8Array, at: number): void {
  const call = pwrite();
  if (call) check(call(fd, bytes, bytes.length, at), 'pwrite', `writing to descriptor ${fd}`);
  else writeSync(fd, bytes, 0, bytes.length, at);
}

/** At most `into.length` bytes; the count, or the negative errno. */
export function readSomeAt(fd: number, into: Uint8Array, at: number): number {
  const count = required(pread)(fd, into, into.length, at);
  return count === -1 ? -lastErrno() : count;
}

/** The same for writing. */
export function writeSomeAt(fd: number, bytes: Uint8Array, at: number): number {
  const count = required(pwrite)(fd, bytes, bytes.length, at);
  return count === -1 ? -lastErrno() : count;
}

const lseek = bind<(fd: number, offset: number, whence: number) => number>(
  'int64_t lseek(int fd, int64_t offset, int whence)',
);
const SEEK_SET = 0;
const SEEK_CUR = 1;

/** Moves the position and returns it, in bytes from the start. Errors: ESPIPE for a pipe. */
export function seekBy(fd: number, bytes: number): number {
  return check(lseek(fd, bytes, SEEK_CUR), 'lseek', `asking for the position of descriptor ${fd}`);
}

export function seekTo(fd: number, position: number): void {
  check(lseek(fd, position, SEEK_SET), 'lseek', `rewinding descriptor ${fd}`);
}
