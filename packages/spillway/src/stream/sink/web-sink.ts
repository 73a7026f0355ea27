/** Writes to a web stream of the caller's, at its pace, and never closes it. */
import { AsyncResource } from 'node:async_hooks';
import type { WritableStream, WritableStreamDefaultWriter } from 'node:stream/web';
import type { Sink } from './sink.js';

interface Lock {
  readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  holders: number;
}

/** stdout and stderr, or two commands, may write to one stream, which has one writer at a time. */
const locks = new WeakMap<object, Lock>();

export class WebSink implements Sink {
  readonly #stream: object;
  readonly #lock: Lock;
  readonly #context = new AsyncResource('SpillwayWritableStream');
  #last: Promise<void> = Promise.resolve();
  #isHeld = true;

  /** Throws when another writer has locked the stream. */
  constructor(stream: WritableStream<Uint8Array>) {
    this.#stream = stream;
    this.#lock = locks.get(stream) ?? { writer: stream.getWriter(), holders: 0 };
    this.#lock.holders++;
    locks.set(stream, this.#lock);
  }

  whenGone(failed: (error: unknown) => void): void {
    // A release rejects it, too.
    this.#lock.writer.closed.then(undefined, (error) => {
      if (this.#isHeld) failed(error);
    });
  }

  write(view: Buffer): void | Promise<void> {
    const { writer } = this.#lock;
    // A copy of its own, since the stream may transfer it to another thread.
    this.#last = Promise.resolve(this.#context.runInAsyncScope(writer.write, writer, new Uint8Array(view)));
    this.#last.catch(() => {});
    if ((writer.desiredSize ?? 0) > 0) return;
    return Promise.resolve(writer.ready).then(() => {});
  }

  async end(): Promise<void> {
    await this.#last;
    this.release();
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#lock.holders--;
    if (this.#lock.holders > 0) return;
    locks.delete(this.#stream);
    this.#lock.writer.releaseLock();
  }
}
