/**
 * read(2), readv(2), write(2) and writev(2) for who looks at the outcome himself: a full or empty pipe is what he expects, and an exception for
 * each would cost more than the call.
 *
 * Each returns how many bytes were moved, or the negative errno.
 */
import { addressOf, bindOptional, errnoOf, lastErrno } from '../libc/index.js';

// By the width of ssize_t on the 64-bit systems that there are: koffi does not know the name.
const readCall = bindOptional<(fd: number, into: Uint8Array, count: number) => number>(
  'int64_t read(int fd, void *into, size_t count)',
);
const readvCall = bindOptional<(fd: number, parts: BigUint64Array, count: number) => number>(
  'int64_t readv(int fd, const void *parts, int count)',
);
const writeCall = bindOptional<(fd: number, from: Uint8Array, count: number) => number>(
  'int64_t write(int fd, const void *from, size_t count)',
);
const writevCall = bindOptional<(fd: number, parts: BigUint64Array, count: number) => number>(
  'int64_t writev(int fd, const void *parts, int count)',
);

type Call<A extends unknown[]> = () => ((...args: A) => number) | undefined;

/** Reads at most `count` bytes to the beginning of `into`; 0 is the end, when no writer is left. */
export function readSome(fd: number, into: Uint8Array, count: number): number {
  const call = present(readCall);
  for (;;) {
    const result = call(fd, into, count);
    if (result !== -1) return result;
    const errno = lastErrno();
    if (errno !== errnoOf.EINTR) return -errno;
  }
}

/** Writes at most the first `count` bytes of `from`. */
export function writeSome(fd: number, from: Uint8Array, count: number): number {
  const call = present(writeCall);
  for (;;) {
    const result = call(fd, from, count);
    if (result !== -1) return result;
    const errno = lastErrno();
    if (errno !== errnoOf.EINTR) return -errno;
  }
}

/** Two struct iovec, each an address and a length. */
const parts = new BigUint64Array(4);

/** Reads as much as `first` holds and then at most as much as `second` does, by one call. */
export function readBoth(fd: number, first: Uint8Array, second: Uint8Array): number {
  setParts(first, first.length, second);
  return both(present(readvCall), fd);
}

/** Writes the first `count` bytes of `first` and all of `second` by one call. */
export function writeBoth(fd: number, first: Uint8Array, count: number, second: Uint8Array): number {
  setParts(first, count, second);
  return both(present(writevCall), fd);
}

function setParts(first: Uint8Array, count: number, second: Uint8Array): void {
  parts[0] = addressOf(first);
  parts[1] = BigInt(count);
  parts[2] = addressOf(second);
  parts[3] = BigInt(second.length);
}

function both(call: (fd: number, parts: BigUint64Array, count: number) => number, fd: number): number {
  for (;;) {
    const result = call(fd, parts, 2);
    if (result !== -1) return result;
    const errno = lastErrno();
    if (errno !== errnoOf.EINTR) return -errno;
  }
}

/** Not by `bind`: that goes through an array of arguments, which in calls as frequent as these can be measured. */
function present<A extends unknown[]>(call: Call<A>): (...args: A) => number {
  const bound = call();
  if (!bound) throw new Error('the C library cannot be called');
  return bound;
}
