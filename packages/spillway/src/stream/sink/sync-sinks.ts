/** Sinks for a blocked event loop: each is done when its call returns, or calls back from the poll loop. */
import { closeSync, fstatSync, writeSync } from 'node:fs';
import type { PollLoop, Watch } from '../../system/index.js';
import { Capture } from './capture.js';
import type { Pending, Sink } from './sink.js';

/** A capture that spills with blocking writes. */
export class SyncCapture extends Capture {
  override write(view: Buffer): void {
    const rest = this.keep(view);
    if (rest) this.#guarded(() => rest.spill.appendSync(rest.view));
  }

  override end(): void {
    this.#guarded(() => this.spill?.flushSync());
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      throw this.explain(error);
    }
  }
}

/** Calls a function with each chunk, which it may keep. */
export class SyncFunctionSink implements Sink {
  readonly #call: (chunk: Buffer) => unknown;

  constructor(call: (chunk: Buffer) => unknown) {
    this.#call = call;
  }

  write(view: Buffer): void {
    const result = this.#call(Buffer.from(view)) as { then?: unknown } | undefined;
    if (typeof result?.then !== 'function') return;
    // The error below reports the promise; a rejection must not become an unhandled one.
    Promise.resolve(result).catch(() => {});
    throw new TypeError(
      'the function that takes the output returned a promise, for which runSync cannot wait; ' +
        'return nothing, or use run()',
    );
  }
}

/** A write of at most this size does not block on a pipe that poll(2) reports as writable. */
const SURE_BYTES = 4096;

/** A descriptor among several targets: this process's stdout or stderr, or a file, which the sink owns. */
export class DescriptorSink implements Sink {
  readonly #loop: PollLoop;
  readonly #fd: number;
  readonly #isOwned: boolean;
  /** A regular file never blocks a write; a pipe or terminal may. */
  readonly #isFile: boolean;
  #watch: Watch | undefined;
  #isOpen = true;

  constructor(loop: PollLoop, fd: number, isOwned: boolean) {
    this.#loop = loop;
    this.#fd = fd;
    this.#isOwned = isOwned;
    this.#isFile = isOwned && fstatSync(fd).isFile();
  }

  write(view: Buffer): Pending | undefined {
    if (!this.#isFile) return this.#writeWhenReady(Buffer.from(view));
    for (let at = 0; at < view.length; ) at += writeSync(this.#fd, view, at);
    return undefined;
  }

  end(): void {
    this.close();
  }

  /** Drops bytes that are not written yet. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#watch?.stop();
    if (this.#isOwned) closeSync(this.#fd);
  }

  /**
   * The descriptor is shared with other processes and may be blocking, so each write waits for room and is no
   * larger than the room guaranteed. A slow reader thus holds up the child, as with any back-pressure, but
   * not a timeout.
   */
  #writeWhenReady(bytes: Buffer): Pending {
    return {
      whenSettled: (done, failed) => {
        let at = 0;
        const finish = (then: () => void) => {
          this.#watch?.stop();
          this.#watch = undefined;
          then();
        };
        this.#watch = this.#loop.watch(this.#fd, 'writing', () => {
          try {
            at += writeSync(this.#fd, bytes, at, Math.min(SURE_BYTES, bytes.length - at));
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return;
            finish(() => failed(error));
            return;
          }
          if (at === bytes.length) finish(done);
        });
      },
    };
  }
}
