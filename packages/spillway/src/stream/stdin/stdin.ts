/** Feeds a child's stdin from a string, bytes, an iterable, or the caller's writes to `child.stdin`. */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { Readable, type Writable } from 'node:stream';
import { closeDescriptor, pipeCapacity } from '../../system/index.js';

/** The write end of the child's pipe, or a stream: Node's, or a Typist. */
export type StdinEnd = number | Writable;

export type StdinSource = string | Uint8Array | AsyncIterable<string | Uint8Array>;

/** The write end of a child's stdin. The child may close its side at any time; EPIPE is not an error. */
export interface StdinPipe {
  /** The child has exited: stops the source and closes the pipe. */
  close(): void;
}

/** Writes a source into the pipe, pausing it while the pipe is full. Calls `failed` if the source throws. */
export function feedStdin(end: StdinEnd, source: StdinSource, failed: (error: unknown) => void): StdinPipe {
  if (typeof source === 'string' || source instanceof Uint8Array) return feedBytes(end, source);
  const socket = openStdin(end);
  let stopSource: (() => void) | undefined;
  const pump = async () => {
    const iterator = source[Symbol.asyncIterator]();
    stopSource = () => {
      // A Readable is destroyed directly: return() of its iterator would wait for the pending chunk.
      if (source instanceof Readable) source.destroy();
      // Not awaited: a source that never yields must not delay the result. Its error comes too late.
      else Promise.resolve(iterator.return?.()).catch(() => {});
    };
    for (;;) {
      const { done, value } = await iterator.next();
      if (socket.destroyed) return;
      if (done) break;
      if (typeof value !== 'string' && !(value instanceof Uint8Array)) {
        stopSource();
        throw new TypeError(
          `stdin gave ${value === null ? 'null' : typeof value}; only strings and bytes can be written`,
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
    // Report before the pipe closes: otherwise the child might take the early end for the end of its input.
    if (!socket.destroyed) failed(error);
    socket.destroy();
  });
  return { close: () => socket.destroy() };
}

/** `child.stdin`: a Node stream on the pipe. Writing to a child that has exited does nothing. */
export function openStdin(end: StdinEnd): Writable {
  const socket = typeof end === 'number' ? new Socket({ fd: end, readable: false, writable: true }) : end;
  // EPIPE: the child has closed its stdin or exited. Node destroys the stream, and that is enough.
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

/** True if all bytes fit into the pipe, which is then closed. */
function writeWhole(fd: number, bytes: Uint8Array): boolean {
  // The capacity is not a constant: beyond a user's limit, new pipes have only one page (pipe(7)).
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

/** Resolves when the pipe has taken the chunk, or no reader is left. */
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
