/** What a child reads: from a string, bytes, an iterable, or whoever writes to `child.stdin`. */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { Readable, type Writable } from 'node:stream';
import { closeDescriptor, pipeCapacity } from '../../system/index.js';

/** The write end of the child's pipe, or a stream: Node's own, or one that types. */
export type StdinEnd = number | Writable;

export type StdinSource = string | Uint8Array | AsyncIterable<string | Uint8Array>;

/**
 * The write end of a child's stdin. The child may close its side at any time; that is its right, and no error
 * (EPIPE).
 */
export interface StdinPipe {
  /** The child has exited: stops the source and closes the pipe. */
  close(): void;
}

/**
 * Writes a source into the pipe, pausing it while the pipe is full. `failed` is called when the source itself
 * throws.
 */
export function feedStdin(end: StdinEnd, source: StdinSource, failed: (error: unknown) => void): StdinPipe {
  if (typeof source === 'string' || source instanceof Uint8Array) return feedBytes(end, source);
  const socket = openStdin(end);
  let stopSource: (() => void) | undefined;
  const pump = async () => {
    const iterator = source[Symbol.asyncIterator]();
    stopSource = () => {
      // A Readable is told directly: return() of an iterator that waits for a chunk waits with it.
      if (source instanceof Readable) source.destroy();
      // Not awaited: a source that never brings anything must not hold the result. Its complaint comes too
      // late to matter.
      else Promise.resolve(iterator.return?.()).catch(() => {});
    };
    for (;;) {
      const { done, value } = await iterator.next();
      if (socket.destroyed) return;
      if (done) break;
      if (typeof value !== 'string' && !(value instanceof Uint8Array)) {
        stopSource();
        throw new TypeError(
          `stdin gave ${value === null ? 'null' : typeof value}; strings and bytes can be written`,
        );
      }
      if (value.length > 0) await writeTo(socket, value);
    }
    stopSource = undefined;
    socket.end();
  };
  socket.once('close', () => stopSource?.());
  pump().catch((error) => {
    stopSource = undefined;
    // Before the child can see the end of its input and exit as if it had been all.
    if (!socket.destroyed) failed(error);
    socket.destroy();
  });
  return { close: () => socket.destroy() };
}

/** `child.stdin`: a Node stream on the pipe. Writing to a child that has gone does nothing. */
export function openStdin(end: StdinEnd): Writable {
  const socket = typeof end === 'number' ? new Socket({ fd: end, readable: false, writable: true }) : end;
  // EPIPE: the child has closed its stdin or is gone. The stream is destroyed, which is all that is to be
  // known of it.
  socket.on('error', () => {});
  return socket;
}

function feedBytes(end: StdinEnd, source: string | Uint8Array): StdinPipe {
  const bytes = typeof source === 'string' ? Buffer.from(source) : source;
  if (typeof end === 'number' && writeWhole(end, bytes)) return { close: () => {} };
  const socket = openStdin(end);
  socket.end(bytes);
  return { close: () => socket.destroy() };
}

/** True when all of it is in the pipe, which is closed then. */
function writeWhole(fd: number, bytes: Uint8Array): boolean {
  // What fits into the empty pipe is written at once. The capacity is asked for, since past a user's limit
  // pipes have one page only.
  if (bytes.length > (pipeCapacity(fd) ?? 0)) return false;
  try {
    if (bytes.length > 0) writeSync(fd, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  } finally {
    closeDescriptor(fd);
  }
  return true;
}

/** Settles when the pipe has taken it, or nobody reads any more. */
function writeTo(socket: Writable, chunk: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('close', done);
      resolve();
    };
    socket.once('close', done);
    socket.write(chunk, done);
  });
}
