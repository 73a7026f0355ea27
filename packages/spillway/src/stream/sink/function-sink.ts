/** A function as a sink. */
import { isThenable } from '../../base/index.js';
import { SimpleSink } from './sink.js';

/** Calls a function with each chunk, which it may keep; a promise that it returns pauses the stream. */
export class FunctionSink extends SimpleSink {
  readonly #call: (chunk: Buffer) => unknown;
  readonly #end: (() => void | Promise<void>) | undefined;

  /** `end` is called after the last chunk, and once more when the command is over. */
  constructor(call: (chunk: Buffer) => unknown, end?: () => void | Promise<void>) {
    super();
    this.#call = call;
    this.#end = end;
  }

  override end(): void | Promise<void> {
    return this.#end?.();
  }

  override release(): void {
    this.#end?.();
  }

  override write(view: Buffer): void | Promise<void> {
    const result = this.#call(Buffer.from(view));
    if (isThenable(result)) return Promise.resolve(result).then(() => {});
  }
}
