/** A function as a sink. */
import { isThenable } from '../../base/index.js';
import { SimpleSink } from './sink.js';

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
