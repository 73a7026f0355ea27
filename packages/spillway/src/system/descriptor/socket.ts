/** A pipe of ours in the hands of libuv: Node's socket on its descriptor. */
import { Socket, type SocketConstructorOpts } from 'node:net';
import { streamOptions } from '../../base/index.js';

export interface PipeSocketOptions {
  readonly fd: number;
  readonly readable: boolean;
  readonly writable: boolean;
  /** Reads into one buffer; `callback` gets the count of bytes, and false from it pauses. */
  readonly onread?: { readonly buffer: Uint8Array; callback(count: number, buffer: Uint8Array): boolean };
}

/** Takes over the descriptor, and makes it non-blocking. */
export function openSocket(options: PipeSocketOptions): Socket {
  const own = { handle: undefined, manualStart: undefined, ...options };
  return new Socket(streamOptions(own) as SocketConstructorOpts);
}
