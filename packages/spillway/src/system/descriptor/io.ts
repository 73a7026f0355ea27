/**
 * open(2), close(2), read(2), write(2) and fstat(2) of descriptors: the one place from which this library
 * takes them. On Node and Bun they are those of node:fs. Deno's refuses a descriptor that it has not opened
 * (EBADF): there our own pipes, and what this program has inherited, go by our own calls.
 */
import {
  close as nodeClose,
  closeSync as nodeCloseSync,
  fstatSync as nodeFstatSync,
  openSync as nodeOpenSync,
  read as nodeRead,
  readSync as nodeReadSync,
  write as nodeWrite,
  writeSync as nodeWriteSync,
  type PathLike,
} from 'node:fs';
import { queueMicrotask } from '../../base/index.js';
import { bindAsync, errorLikeNode, libcProblem, runtime } from '../libc/index.js';
import { closeDescriptor } from './open-close.js';
import { readSomeAt, writeSomeAt } from './positioned.js';
import { type DescriptorStat, statOf } from './stat.js';
import { READ, readSome, WRITE, writeSome } from './transfer.js';

type Done = (error: NodeJS.ErrnoException | null, count: number) => void;
type Move<T> = (fd: number, bytes: Uint8Array, offset: number, length: number, at: number | null) => T;

/** The part of node:fs that is used on descriptors. */
interface DescriptorCalls {
  openSync(path: PathLike, flags: string | number, mode?: number): number;
  closeSync(fd: number): void;
  close(fd: number, done: (error?: NodeJS.ErrnoException | null) => void): void;
  fstatSync(fd: number): DescriptorStat;
  /** From `at`, or from the file's own position. */
  readSync(fd: number, into: Uint8Array, offset?: number, length?: number, at?: number | null): number;
  writeSync(
    fd: number,
    bytes: Uint8Array | string,
    offset?: number,
    length?: number,
    at?: number | null,
  ): number;
  read(fd: number, into: Uint8Array, offset: number, length: number, at: number | null, done: Done): void;
  write(fd: number, bytes: Uint8Array, offset: number, length: number, at: number | null, done: Done): void;
}

const nodeCalls = {
  openSync: nodeOpenSync,
  closeSync: nodeCloseSync,
  close: nodeClose,
  fstatSync: nodeFstatSync,
  readSync: nodeReadSync,
  writeSync: nodeWriteSync,
  read: nodeRead,
  write: nodeWrite,
} as DescriptorCalls;

export const { openSync, closeSync, close, fstatSync, readSync, writeSync, read, write }: DescriptorCalls =
  runtime === 'deno' ? ownCalls() : nodeCalls;

/** Waits until all bytes are written. */
export function writeWhole(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

function ownCalls(): DescriptorCalls {
  /** Those that node:fs has opened here. It knows them, and it alone may close them. */
  const known = new Set<number>();
  const isForeign = (fd: number) => !known.has(fd) && libcProblem() === undefined;
  const readNow = moving('read', readSome, readSomeAt);
  const writeNow = moving('write', writeSome, writeSomeAt);
  return {
    openSync(path, flags, mode) {
      const fd = nodeOpenSync(path, flags, mode);
      known.add(fd);
      return fd;
    },
    closeSync(fd) {
      if (isForeign(fd)) closeDescriptor(fd);
      else {
        known.delete(fd);
        nodeCloseSync(fd);
      }
    },
    close(fd, done) {
      if (isForeign(fd)) settled(() => closeDescriptor(fd), done);
      else {
        known.delete(fd);
        nodeClose(fd, done);
      }
    },
    fstatSync: (fd) => (isForeign(fd) ? statOf(fd) : nodeFstatSync(fd)),
    readSync(fd, into, offset = 0, length = into.length - offset, at = null) {
      return isForeign(fd)
        ? readNow(fd, into, offset, length, at)
        : nodeReadSync(fd, into, offset, length, at);
    },
    writeSync(fd, given, offset = 0, length, at = null) {
      const bytes = typeof given === 'string' ? Buffer.from(given) : given;
      const most = length ?? bytes.length - offset;
      return isForeign(fd)
        ? writeNow(fd, bytes, offset, most, at)
        : nodeWriteSync(fd, bytes, offset, most, at);
    },
    read(fd, into, offset, length, at, done) {
      if (isForeign(fd)) later(readLater, readNow, [fd, into, offset, length, at], done);
      else nodeRead(fd, into, offset, length, at, done);
    },
    write(fd, bytes, offset, length, at, done) {
      if (isForeign(fd)) later(writeLater, writeNow, [fd, bytes, offset, length, at], done);
      else nodeWrite(fd, bytes, offset, length, at, done);
    },
  };
}

type Moved = [fd: number, bytes: Uint8Array, count: number];
const readLater = bindAsync<Moved, number>(READ);
const writeLater = bindAsync<Moved, number>(WRITE);

/** Each call returns a count, or the negative errno. */
function moving(
  syscall: string,
  next: (fd: number, bytes: Uint8Array, count: number) => number,
  from: (fd: number, bytes: Uint8Array, at: number) => number,
): Move<number> {
  return (fd, bytes, offset, length, at) => {
    const part = bytes.subarray(offset, offset + length);
    const count = at === null ? next(fd, part, part.length) : from(fd, part, at);
    if (count < 0) throw errorLikeNode(-count, syscall);
    return count;
  };
}

/** On a thread of the pool, as it may block; what fails there is tried again here, for its errno. */
function later(
  call: (args: Moved, done: (count: number) => void) => void,
  now: Move<number>,
  args: Parameters<Move<number>>,
  done: Done,
): void {
  const [fd, bytes, offset, length, at] = args;
  if (at !== null) settled(() => now(...args), done);
  else
    call([fd, bytes.subarray(offset, offset + length), length], (count) => {
      if (count >= 0) done(null, count);
      else settled(() => now(...args), done);
    });
}

function settled<T>(act: () => T, done: (error: NodeJS.ErrnoException | null, result: T) => void): void {
  let outcome: { readonly result: T } | { readonly error: unknown };
  try {
    outcome = { result: act() };
  } catch (error) {
    outcome = { error };
  }
  queueMicrotask(() => {
    if ('error' in outcome) done(outcome.error as NodeJS.ErrnoException, undefined as T);
    else done(null, outcome.result);
  });
}
