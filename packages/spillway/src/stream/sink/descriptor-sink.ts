/**
 * Descriptors among several targets, other than regular files: pipes, terminals, sockets, devices. The
 * descriptor may be blocking and shared with other processes, so each write waits until poll(2) promises
 * room, and is no larger than that. A slow reader thus holds up the child, as with any back-pressure, but no
 * timeout, and no thread of libuv's pool.
 */
import { nodeTimers, type Timer, type Timers } from '../../base/index.js';
import { canWriteAtOnce, closeSync, fstatSync, type Watch, writeSync } from '../../system/index.js';
import type { Pending, Sink } from './sink.js';

/** Time, and news of descriptors: a loop of poll(2), or Node's event loop. */
export interface Readiness extends Timers {
  /** Calls `ready` whenever a write would not block, until the watch is stopped. */
  watch(fd: number, purpose: 'writing', ready: () => void): Watch;
}

/** A write of at most this size does not block on a pipe that poll(2) reports as writable. */
const SURE_BYTES = 4096;
const LONGEST_PAUSE_MS = 50;

/**
 * For Node's event loop. libuv can watch only a descriptor whose mode it may change, and the mode belongs to
 * all who share it, so a full one is asked again after a pause.
 */
export const nodeReadiness: Readiness = {
  ...nodeTimers,
  watch(fd, _purpose, ready) {
    let timer: Timer | undefined;
    let isStopped = false;
    const look = (pause: number) => {
      let next = Math.min(pause * 2, LONGEST_PAUSE_MS);
      while (!isStopped && canWriteAtOnce(fd)) {
        ready();
        next = 1;
      }
      if (!isStopped) timer = nodeTimers.after(next, () => look(next));
    };
    nodeTimers.soon(() => look(1));
    return {
      stop: () => {
        isStopped = true;
        timer?.cancel();
      },
    };
  },
};

export class DescriptorSink implements Sink {
  readonly #ready: Readiness;
  readonly #fd: number;
  readonly #isOwned: boolean;
  /** A regular file never blocks a write. */
  readonly #isFile: boolean;
  #watch: Watch | undefined;
  #isOpen = true;

  /** `isOwned`: it closes the descriptor. */
  constructor(ready: Readiness, fd: number, isOwned: boolean) {
    this.#ready = ready;
    this.#fd = fd;
    this.#isOwned = isOwned;
    this.#isFile = fstatSync(fd).isFile();
  }

  write(view: Buffer): Pending | undefined {
    if (!this.#isFile) return this.#writeWhenReady(Buffer.from(view));
    for (let at = 0; at < view.length; ) at += writeSync(this.#fd, view, at);
    return undefined;
  }

  end(): void {
    this.release();
  }

  /** Undetected without a write. */
  whenGone(): void {}

  /** Drops bytes that are not written yet. */
  release(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#watch?.stop();
    if (this.#isOwned) closeSync(this.#fd);
  }

  #writeWhenReady(bytes: Buffer): Pending {
    return {
      whenSettled: (done, failed) => {
        let at = 0;
        const finish = (then: () => void) => {
          this.#watch?.stop();
          this.#watch = undefined;
          then();
        };
        this.#watch = this.#ready.watch(this.#fd, 'writing', () => {
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

/**
 * A named pipe that no process reads yet. open(2) would wait for a reader, here without end and for all of
 * this program; instead the first chunk waits, and with it the child, within the command's limits.
 */
export class NamedPipeSink implements Sink {
  readonly #ready: Readiness;
  readonly #open: () => number | undefined;
  #sink: DescriptorSink | undefined;
  #retry: Timer | undefined;

  /** `open`: gives a non-blocking descriptor once there is a reader. */
  constructor(ready: Readiness, open: () => number | undefined) {
    this.#ready = ready;
    this.#open = open;
  }

  write(view: Buffer): Pending | undefined {
    if (this.#sink) return this.#sink.write(view);
    const bytes = Buffer.from(view);
    return { whenSettled: (done, failed) => this.#await(bytes, done, failed, 1) };
  }

  end(): void {
    this.release();
  }

  /** Undetected without a write. */
  whenGone(): void {}

  release(): void {
    this.#retry?.cancel();
    this.#sink?.release();
  }

  #await(bytes: Buffer, done: () => void, failed: (error: unknown) => void, pause: number): void {
    this.#retry = this.#ready.after(pause, () => {
      try {
        const fd = this.#open();
        if (fd === undefined) {
          this.#await(bytes, done, failed, Math.min(pause * 2, LONGEST_PAUSE_MS));
          return;
        }
        this.#sink = new DescriptorSink(this.#ready, fd, true);
        (this.#sink.write(bytes) as Pending).whenSettled(done, failed);
      } catch (error) {
        failed(error);
      }
    });
  }
}
