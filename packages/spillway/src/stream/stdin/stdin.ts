/** Feeds a child's stdin from text, bytes, a stream, an iterable, or the caller's writes to `child.stdin`. */
import { AsyncResource } from 'node:async_hooks';
import type { Writable } from 'node:stream';
import {
  closeDescriptor,
  openWriteSocket,
  pipeCapacity,
  unsentBytes,
  writeSync,
  writeWithOwnTicks,
} from '../../system/index.js';
import { NamedPipePieces } from './named-pipe-pieces.js';
import { piecesOf, type StreamPieces } from './pieces.js';
import { encoded, type InputData, NamedPipeSource, notData, type StdinSource } from './source.js';

/** The write end of the child's pipe, or a stream: Node's, or a Typist. */
export type StdinEnd = number | Writable;

/** The write end of a child's stdin. The child may close its side at any time; EPIPE is not an error. */
export interface StdinPipe {
  /** The child has exited: stops the source and closes the pipe. */
  close(): void;
}

/** What may be written to a child's stdin. */
export type FedSource = InputData | NamedPipeSource | StreamPieces;

/** Writes a source into the pipe, pausing it while the pipe is full. Calls `failed` if the source throws. */
export function feedStdin(end: StdinEnd, source: FedSource, failed: (error: unknown) => void): StdinPipe {
  const whole = encoded(source);
  if (whole) return feedBytes(end, whole);
  const pieces =
    source instanceof NamedPipeSource
      ? new NamedPipePieces(source.fd)
      : piecesOf(source as StdinSource | StreamPieces);
  const socket = openStdin(end);
  let isStopped = false;
  /** The piece that is being written. */
  let current: Uint8Array | undefined;
  // Another command's exit may be what calls it.
  const stop = AsyncResource.bind(() => {
    if (isStopped) return;
    isStopped = true;
    pieces.stop(current && unsent(socket, current));
  });
  const pump = async () => {
    for (;;) {
      const piece = await pieces.next();
      if (isStopped || socket.destroyed) {
        if (!isStopped) current = encoded(piece);
        return;
      }
      if (piece === undefined) break;
      const bytes = encoded(piece);
      if (!bytes) {
        stop();
        throw notData(piece);
      }
      current = bytes;
      if (bytes.length > 0) await writeTo(socket, bytes);
      if (!socket.destroyed) current = undefined;
    }
    isStopped = true;
    socket.end();
  };
  socket.once('close', stop);
  pump().catch((error) => {
    isStopped = true;
    // Report before the pipe closes: otherwise the child might take the early end for the end of its input.
    if (!socket.destroyed) failed(error);
    socket.destroy();
  });
  return {
    close: () => {
      stop();
      socket.destroy();
    },
  };
}

/** What of a piece is not in the pipe yet, as far as it is known. */
function unsent(socket: Writable, piece: Uint8Array): Uint8Array | undefined {
  const size = unsentBytes(socket) ?? piece.length;
  return size > 0 ? piece.subarray(Math.max(0, piece.length - size)) : undefined;
}

/** `child.stdin`: a Node stream on the pipe. Writing to a child that has exited does nothing. */
export function openStdin(end: StdinEnd): Writable {
  const socket = typeof end === 'number' ? openWriteSocket(end) : end;
  if (typeof end !== 'number') writeWithOwnTicks(end);
  // EPIPE: the child has closed its stdin or exited. Node destroys the stream, and that is enough.
  socket.on('error', () => {});
  return socket;
}

function feedBytes(end: StdinEnd, bytes: Uint8Array): StdinPipe {
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
function writeTo(socket: Writable, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('close', done);
      resolve();
    };
    socket.once('close', done);
    socket.write(chunk, done);
  });
}
