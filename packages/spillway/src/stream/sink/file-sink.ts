/** A file among several targets; a single file becomes the child's own descriptor. */

import { nodeTimers } from '../../base/index.js';
import { close, write } from '../../system/index.js';
import { SimpleSink } from './sink.js';

const LONGEST_PAUSE_MS = 50;

export class FileSink extends SimpleSink {
  readonly #fd: number;
  readonly #isOwned: boolean;
  /** The write that is under way. */
  #writing: Promise<void> = Promise.resolve();
  #isOpen = true;
  #isReleased = false;

  /** `isOwned`: it closes the descriptor. */
  constructor(fd: number, isOwned: boolean) {
    super();
    this.#fd = fd;
    this.#isOwned = isOwned;
  }

  override write(view: Buffer): Promise<void> {
    this.#writing = this.#writeAll(Buffer.from(view));
    return this.#writing;
  }

  override async end(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#isOwned) await closed(this.#fd);
  }

  /** After a write that is under way: its number may soon belong to another file. */
  override release(): void {
    const end = () => this.end().catch(() => {});
    this.#writing.then(end, end);
    this.#isReleased = true;
  }

  #writeAll(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const from = (at: number, pause: number) => {
        write(this.#fd, bytes, at, bytes.length - at, null, (error, count) => {
          // Of a descriptor that does not block, where poll(2) cannot be called.
          if (error?.code === 'EAGAIN' && !this.#isReleased)
            nodeTimers.after(pause, () => from(at, Math.min(2 * pause, LONGEST_PAUSE_MS)));
          else if (error) reject(error);
          else if (at + count < bytes.length) from(at + count, 1);
          else resolve();
        });
      };
      from(0, 1);
    });
  }
}

function closed(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    close(fd, (error) => (error ? reject(error) : resolve()));
  });
}
