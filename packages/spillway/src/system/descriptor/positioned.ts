/**
 * pread(2) and pwrite(2): at an offset, without moving the file's own position. Where libc cannot be called,
 * Node's calls, at four times the cost.
 */
import { readSync, writeSync } from 'node:fs';
import { bindOptional, check, lastErrno, required } from '../libc/index.js';

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
