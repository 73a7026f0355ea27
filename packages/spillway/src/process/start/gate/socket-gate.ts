/** A gate for a shell that waits at a socket of node:child_process, where there are no pipes of our own. */
import type { Socket } from 'node:net';
import type { StartGate } from '../../wait/index.js';

export class SocketGate implements StartGate {
  readonly #socket: Socket;
  #isOpen = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    // EPIPE: the shell has been killed.
    socket.on('error', () => {});
    // The child holds the event loop.
    socket.unref();
  }

  get isShut(): boolean {
    return !this.#isOpen;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#socket.write('\n');
  }

  /** The shell tells of it on stderr, and exits with 126 or 127. */
  failure(): undefined {}

  close(): void {
    this.#socket.destroy();
  }
}
