/** Sinks other than the capture: a Node stream, a function, a file. */
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { isThenable } from '../../base/index.js';
import type { Sink } from './sink.js';

/**
 * Writes to the caller's stream, at its pace, and never ends it: the caller may have more to write. `end`
 * waits until the stream has taken all bytes.
 */
export class WritableSink implements Sink {
  protected readonly writable: Writable;
  #pending = 0;
  #error: unknown;
  #whenIdle: (() => void) | undefined;
  readonly #onError = (error: unknown) => this.#fail(error);
  readonly #onClose = () =>
    this.#fail(new Error('the target stream was closed before all output was written'));

  constructor(writable: Writable) {
    this.writable = writable;
    // One listener for each child is not a leak: process.stdout may have twenty of them at a time.
    writable.setMaxListeners(writable.getMaxListeners() + 2);
    writable.on('error', this.#onError);
    writable.on('close', this.#onClose);
  }

  write(view: Buffer): void | Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    this.#pending++;
    const goOn = this.writable.write(Buffer.from(view), (error) => this.#written(error));
    if (!goOn) return this.#idle();
  }

  async end(): Promise<void> {
    await this.#idle();
    this.detach();
  }

  protected detach(): void {
    this.writable.off('error', this.#onError);
    this.writable.off('close', this.#onClose);
    this.writable.setMaxListeners(Math.max(0, this.writable.getMaxListeners() - 2));
  }

  async #idle(): Promise<void> {
    if (this.#pending > 0 && this.#error === undefined) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
    }
    if (this.#error !== undefined) throw this.#error;
  }

  #written(error: Error | null | undefined): void {
    this.#pending--;
    if (error) this.#fail(error);
    else if (this.#pending === 0) this.#wake();
  }

  #fail(error: unknown): void {
    this.#error ??= error;
    this.#wake();
  }

  #wake(): void {
    this.#whenIdle?.();
    this.#whenIdle = undefined;
  }
}

/** A file among several targets; a single file becomes the child's own descriptor. Owns the descriptor. */
export class FileSink extends WritableSink {
  constructor(fd: number, path: string) {
    super(createWriteStream(path, { fd }));
  }

  override async end(): Promise<void> {
    await super.end();
    await new Promise<void>((resolve, reject) => {
      this.writable.once('error', reject);
      // At 'finish' the descriptor would still be open.
      this.writable.once('close', resolve);
      this.writable.end();
    });
  }
}

/** Calls a function with each chunk, which it may keep; a promise that it returns pauses the stream. */
export class FunctionSink implements Sink {
  readonly #call: (chunk: Buffer) => unknown;

  constructor(call: (chunk: Buffer) => unknown) {
    this.#call = call;
  }

  write(view: Buffer): void | Promise<void> {
    const result = this.#call(Buffer.from(view));
    if (isThenable(result)) return Promise.resolve(result).then(() => {});
  }
}
