/** A file and a function as sinks. */
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { isThenable, streamOptions } from '../../base/index.js';
import { SimpleSink } from './sink.js';
import { WritableSink } from './writable-sink.js';

/** A file among several targets; a single file becomes the child's own descriptor. */
export class FileSink extends WritableSink {
  readonly #file: Writable;
  readonly #isOwned: boolean;

  /** `isOwned`: it closes the descriptor. `path`: for errors. */
  constructor(fd: number, path: string, isOwned: boolean) {
    const file = createWriteStream(path, streamOptions({ fd, autoClose: isOwned }));
    super(file);
    this.#file = file;
    this.#isOwned = isOwned;
  }

  override async end(): Promise<void> {
    await super.end();
    await new Promise<void>((resolve, reject) => {
      this.#file.once('error', reject);
      // At 'finish' the descriptor would still be open.
      this.#file.once(this.#isOwned ? 'close' : 'finish', resolve);
      this.#file.end();
    });
  }
}

/** Calls a function with each chunk, which it may keep; a promise that it returns pauses the stream. */
export class FunctionSink extends SimpleSink {
  readonly #call: (chunk: Buffer) => unknown;

  constructor(call: (chunk: Buffer) => unknown) {
    super();
    this.#call = call;
  }

  override write(view: Buffer): void | Promise<void> {
    const result = this.#call(Buffer.from(view));
    if (isThenable(result)) return Promise.resolve(result).then(() => {});
  }
}
