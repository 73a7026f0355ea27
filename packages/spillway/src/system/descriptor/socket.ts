/**
 * A pipe or terminal of ours in the hands of libuv: Node's socket on its descriptor. Bun's socket neither
 * reads nor fails on a pipe, so on other runtimes our own calls read and write them.
 *
 * The socket's stream goes on in Node's ticks, and a test runner may have put something in their place that
 * never calls. So the end of the pipe is taken from where libuv reports it, writes begin with Node's own
 * ticks, and the descriptor is closed without them.
 */
import type { Socket, SocketConstructorOpts } from 'node:net';
import type { Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { builtin, streamOptions, withOwnTicks } from '../../base/index.js';
import { runtime } from '../libc/index.js';
import { type PipeReading, type ReadSocket, WatchedReading, WatchedWriting } from './watched.js';

/** Reads a pipe into one buffer. Takes over the descriptor, and makes it non-blocking. */
export function openReadSocket(fd: number, reading: PipeReading): ReadSocket {
  if (runtime !== 'node') return new WatchedReading(fd, reading);
  const { buffer, callback, ended } = reading;
  const socket = open({ fd, readable: true, writable: false, onread: { buffer, callback } });
  endsAtOnce(socket, ended);
  // A pipe's only read error is EIO from a broken kernel.
  socket.on('error', ended);
  return socket;
}

/**
 * Reads a terminal's master until all slaves are closed, which Linux reports as EIO. Takes over the
 * descriptor.
 */
export function openTerminalSocket(fd: number, reading: PipeReading): ReadSocket {
  if (runtime !== 'node') return new WatchedReading(fd, reading);
  const { buffer, callback, ended } = reading;
  // net.Socket rejects a terminal. tty.ReadStream takes it, and passes the options on to its base class,
  // Socket. It closes the descriptor at the end.
  const options = streamOptions({ highWaterMark: 0, onread: { buffer, callback } });
  const stream = new (builtin('tty').ReadStream)(fd, options as ConstructorParameters<typeof ReadStream>[1]);
  stream.on('end', ended);
  stream.on('error', () => {});
  // Node tells of the error in a tick, which a test runner may have replaced.
  const { destroy } = stream;
  stream.destroy = (error?: Error) => {
    destroy.call(stream, error);
    ended();
    return stream;
  };
  stream.resume();
  return stream;
}

/** What writes a pipe: a stream that may be unreferenced. */
export type WriteSocket = Socket | WatchedWriting;

/** Writes a pipe. Takes over the descriptor, and makes it non-blocking. */
export function openWriteSocket(fd: number): WriteSocket {
  if (runtime !== 'node') return new WatchedWriting(fd);
  const socket = open({ fd, readable: false, writable: true });
  writeWithOwnTicks(socket);
  // All is written. Node would close the pipe two ticks later.
  socket._final = (done) => {
    done();
    socket.destroy();
  };
  return socket;
}

/** How many bytes of the latest write are not in the pipe yet, as far as it is known. */
export function unsentBytes(stream: Writable): number | undefined {
  if (stream instanceof WatchedWriting) return stream.unsentBytes;
  const { _handle: handle } = stream as { _handle?: { readonly writeQueueSize?: number } | null };
  return handle ? (handle.writeQueueSize ?? 0) : undefined;
}

/** Calls to this stream's write side begin with Node's own ticks. */
export function writeWithOwnTicks(stream: Writable): void {
  const { write, end } = stream as Writable & Record<'write' | 'end', (...args: unknown[]) => unknown>;
  const shielded = (call: (...args: unknown[]) => unknown) =>
    function (this: unknown, ...args: unknown[]) {
      return withOwnTicks(() => Reflect.apply(call, this, args));
    };
  Object.assign(stream, { write: shielded(write), end: shielded(end) });
}

/** `push(null)` is how Node learns of the end; it tells of it in a tick. */
function endsAtOnce(socket: Socket, ended: () => void): void {
  socket.push = (chunk) => {
    if (chunk === null) ended();
    return false;
  };
}

function open(options: object): Socket {
  const own = { handle: undefined, manualStart: undefined, ...options };
  return new (builtin('net').Socket)(streamOptions(own) as SocketConstructorOpts);
}
