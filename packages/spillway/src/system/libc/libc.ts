/**
 * libc through koffi. A call costs some 100 ns. Binding a function parses its prototype once, at its first
 * call, so importing this module costs nothing.
 *
 * This module has no policy. Calls return what the C function returned; `check` turns -1 into a SystemError.
 */
import { SystemError } from './errno.js';
import { ffi, type Library } from './ffi.js';

let libc: Library | undefined;

function library(): Library {
  // The program itself: node is linked with the C library that all its threads use.
  libc ??= ffi().load(null);
  return libc;
}

/**
 * The reason why the C library cannot be called; undefined when it can. A SystemError is one that may pass: a
 * later call may find a descriptor.
 */
export function libcProblem(): Error | undefined {
  try {
    library();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** The same in words. */
export function libcObstacle(): string | undefined {
  const problem = libcProblem();
  return problem && `the C library cannot be called: ${problem.message.split('\n', 1)[0]}`;
}

/** A C function by its prototype, bound at its first call. */
export function bind<F extends (...args: never[]) => unknown>(prototype: string): F {
  let bound: F | undefined;
  const call = (...args: never[]) => {
    bound ??= library().func(prototype) as unknown as F;
    return bound(...args);
  };
  return call as F;
}

/**
 * Like `bind`, for calls on a thread of libuv's pool; `done` gets the result, on this thread. Text is copied
 * in the call. Memory is not: it must stay reachable, and as it is, until then.
 */
export function bindAsync<A extends readonly unknown[], R>(
  prototype: string,
): (args: A, done: (result: R) => void) => void {
  let bound: LibraryFunction | undefined;
  return (args, done) => {
    bound ??= library().func(prototype) as LibraryFunction;
    bound.async(...args, (error: unknown, result: R) => {
      // Only where koffi has no memory for the call.
      if (error) throw error;
      done(result);
    });
  };
}

interface LibraryFunction {
  async(...argsAndDone: unknown[]): void;
}

/**
 * Like `bind`, but returns undefined where this C library lacks the function, or where no C library can be
 * called. Throws the SystemError of a problem that may pass, and remembers nothing of it.
 */
export function bindOptional<F extends (...args: never[]) => unknown>(
  prototype: string,
): () => F | undefined {
  let bound: F | undefined | null = null;
  return () => {
    if (bound === null) {
      const problem = libcProblem();
      if (problem instanceof SystemError) throw problem;
      bound = problem ? undefined : (find(prototype) as F | undefined);
    }
    return bound;
  };
}

function find(prototype: string): unknown {
  try {
    return library().func(prototype);
  } catch (error) {
    // Any other error is a mistake in the prototype, and would pass for an old C library.
    if (/find function/.test((error as Error).message)) return undefined;
    throw error;
  }
}

/**
 * The function of `bindOptional` itself: without the array of arguments of `bind`, which frequent calls would
 * feel.
 */
export function required<F>(call: () => F | undefined): F {
  const bound = call();
  if (!bound) throw new Error('the C library cannot be called');
  return bound;
}

/** Reads a global `char **` as an address. Reads it at each call, because setenv(3) may move the array. */
export function globalPointer(name: string): () => bigint {
  let symbol: unknown;
  return () => {
    symbol ??= library().symbol(name);
    return BigInt(ffi().decode(symbol, 'uintptr_t') as number | bigint);
  };
}

const PAGE_BYTES = 4096;
const MOST_AT_ONCE = 64;

/** The pointers of an array that ends with NULL, without the NULL. */
export function pointersAt(address: bigint): BigUint64Array {
  const parts: BigUint64Array[] = [];
  let length = 0;
  for (let at = address; at !== 0n; ) {
    // The array's length is unknown, and the memory behind it may be unmapped. Memory is mapped in pages, so
    // no read crosses into the next page.
    const count = Math.min(MOST_AT_ONCE, (PAGE_BYTES - Number(at % BigInt(PAGE_BYTES))) / 8);
    const words = ffi().decode(at, 'uint64_t', count) as BigUint64Array;
    const end = words.indexOf(0n);
    const part = end < 0 ? words : words.subarray(0, end);
    parts.push(part);
    length += part.length;
    if (end >= 0) break;
    at += BigInt(count * 8);
  }
  const found = new BigUint64Array(length);
  let filled = 0;
  for (const part of parts) {
    found.set(part, filled);
    filled += part.length;
  }
  return found;
}

/** The strings that an array of `count` pointers points to, with U+FFFD for bytes that are not UTF-8. */
export function stringsAt(address: bigint, count: number): string[] {
  return count === 0 ? [] : (ffi().decode(address, 'string', count) as string[]);
}

/** An unsigned number of four bytes in memory. */
export function wordAt(address: bigint): number {
  return ffi().decode(address, 'uint32_t') as number;
}

/** The bytes of a string in memory, without its NUL. */
export function stringBytesAt(address: bigint): Buffer {
  return Buffer.from(ffi().decode(address, 'uint8_t', Number(strlen(address))) as Uint8Array);
}

const strlen = bind<(text: bigint) => number | bigint>('size_t strlen(const void *text)');

/** The address of the bytes. It is valid while the buffer is reachable. */
export function addressOf(bytes: Uint8Array): bigint {
  return BigInt(ffi().address(bytes) as number | bigint);
}

/** errno of the latest call. */
export function lastErrno(): number {
  return ffi().errno();
}

/** Returns `result`; throws a SystemError when it is -1. */
export function check(result: number, syscall: string, doing: string): number {
  if (result === -1) throw new SystemError(syscall, lastErrno(), doing);
  return result;
}

/**
 * For functions that return the error and leave errno alone, as posix_spawn(3) and pthread_sigmask(3) do; 0
 * is success.
 */
export function checkReturned(error: number, syscall: string, doing: string): void {
  if (error !== 0) throw new SystemError(syscall, error, doing);
}
