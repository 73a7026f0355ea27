/**
 * read(2), readv(2), write(2) and writev(2) for callers that check the result: a full or empty pipe is
 * expected, and an exception per call would cost more than the call.
 *
 * Each returns the number of bytes moved, or the negative errno.
 */
import { addressOf, bindOptional, errnoOf, lastErrno, required } from '../libc/index.js';

// int64_t for ssize_t, which koffi does not know: the two are equally wide on every 64-bit system.
export const READ = 'int64_t read(int fd, void *into, size_t count)';
export const WRITE = 'int64_t write(int fd, const void *from, size_t count)';
export const readCall = bindOptional<(fd: number, into: Uint8Array, count: number) => number>(READ);
const readvCall = bindOptional<(fd: number, parts: BigUint64Array, count: number) => number>(
  'int64_t readv(int fd, const void *parts, int count)',
);
const writeCall = bindOptional<(fd: number, from: Uint8Array, count: number) => number>(WRITE);
const writevCall = bindOptional<(fd: number, parts: BigUint64Array, count: number) => number>(
  'int64_t writev(int fd, const void *parts, int count)',
);

/** Reads at most `count` bytes to the beginning of `into`; 0 is the end, when no writer is left. */
export function readSome(fd: number, into: Uint8Array, count: number): number {
  return transfer(required(readCall), fd, into, count);
}

/** Writes at most the first `count` bytes of `from`. */
export function writeSome(fd: number, from: Uint8Array, count: number): number {
  return transfer(required(writeCall), fd, from, count);
}

/** Two struct iovec, each an address and a length. */
const parts = new BigUint64Array(4);

/** Fills `first` and then `second` as far as there are bytes, by one call. */
export function readBoth(fd: number, first: Uint8Array, second: Uint8Array): number {
  setParts(first, first.length, second);
  return transfer(required(readvCall), fd, parts, 2);
}

/** Writes the first `count` bytes of `first` and all of `second` by one call. */
export function writeBoth(fd: number, first: Uint8Array, count: number, second: Uint8Array): number {
  setParts(first, count, second);
  return transfer(required(writevCall), fd, parts, 2);
}

function setParts(first: Uint8Array, count: number, second: Uint8Array): void {
  parts[0] = addressOf(first);
  parts[1] = BigInt(count);
  parts[2] = addressOf(second);
  parts[3] = BigInt(second.length);
}

/** Calls again after a signal (EINTR). */
function transfer<M>(
  call: (fd: number, memory: M, count: number) => number,
  fd: number,
  memory: M,
  count: number,
): number {
  for (;;) {
    const result = call(fd, memory, count);
    if (result !== -1) return result;
    const errno = lastErrno();
    if (errno !== errnoOf.EINTR) return -errno;
  }
}
