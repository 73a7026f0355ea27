/**
 * Reads a named pipe in pieces. libuv watches it: before the first writer there is nothing to see, and the
 * last one's close is the end.
 */
import { openReadSocket, type ReadSocket } from '../../system/index.js';
import type { Pieces } from './pieces.js';

const PIECE_BYTES = 65_536;

export class NamedPipePieces implements Pieces {
  readonly #socket: ReadSocket;
  #piece: Uint8Array | undefined;
  #hasEnded = false;
  #wake: (() => void) | undefined;

  /** Takes over the descriptor. */
  constructor(fd: number) {
    this.#socket = openReadSocket(fd, {
      buffer: Buffer.allocUnsafeSlow(PIECE_BYTES),
      callback: (count, buffer) => {
        this.#piece = Uint8Array.prototype.slice.call(buffer, 0, count);
        this.#wake?.();
        return false;
      },
      ended: () => {
        this.#hasEnded = true;
        this.#wake?.();
      },
    });
  }

  async next(): Promise<unknown> {
    if (!this.#piece && !this.#hasEnded) {
      this.#socket.resume();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const piece = this.#piece;
    this.#piece = undefined;
    if (!piece) this.#socket.destroy();
    return piece;
  }

  stop(): void {
    this.#socket.destroy();
  }
}
