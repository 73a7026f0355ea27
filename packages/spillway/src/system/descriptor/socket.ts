/**
 * A pipe of ours in the hands of libuv: Node's socket on its descriptor.
 *
 * The socket's stream goes on in Node's ticks, and a test runner may have put something in their place that
 * never calls. So the end of the pipe is taken from where libuv reports it, writes begin with Node's own
 * ticks, and the descriptor is closed without them.
 */
import type { Socket, SocketConstructorOpts } from 'node:net';
import type { Writable } from 'node:stream';
import { builtin, streamOptions, withOwnTicks } from '../../base/index.js';

export interface PipeReading {
  readonly buffer: Uint8Array;
  /** Gets the count of bytes that are in the buffer; false pauses. */
  callback(count: number, buffer: Uint8Array): boolean;
  /** Nothing more will come. */
  ended(): void;
}

/** Reads a pipe into one buffer. Takes over the descriptor, and makes it non-blocking. */
export function openReadSocket(fd: number, { buffer, callback, ended }: PipeReading): Socket {
  const socket = open({ fd, readable: true, writable: false, onread: { buffer, callback } });
  endsAtOnce(socket, ended);
  // A pipe's only read error is EIO from a broken kernel.
  socket.on('error', ended);
  return socket;
}

/** Writes a pipe. Takes over the descriptor, and makes it non-blocking. */
export function openWriteSocket(fd: number): Socket {
  const socket = open({ fd, readable: false, writable: true });
  writeWithOwnTicks(socket);
  // All is written. Node would close the pipe two ticks later.
  socket._final = (done) => {
    done();
    socket.destroy();
  };
  return socket;
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
