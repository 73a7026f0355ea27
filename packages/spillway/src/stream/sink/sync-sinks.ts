/** Sinks for a blocked event loop: each is done when its call returns. */
import { isThenable } from '../../base/index.js';
import { Capture } from './capture.js';
import { SimpleSink } from './sink.js';

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
export class SyncFunctionSink extends SimpleSink {
  readonly #call: (chunk: Buffer) => unknown;
  readonly #end: (() => void | Promise<void>) | undefined;

  /** As of a FunctionSink. */
  constructor(call: (chunk: Buffer) => unknown, end?: () => void | Promise<void>) {
    super();
    this.#call = call;
    this.#end = end;
  }

  override end(): void {
    this.#end?.();
  }

  override release(): void {
    this.#end?.();
  }

  override write(view: Buffer): void {
    const result = this.#call(Buffer.from(view));
    if (!isThenable(result)) return;
    // The error below reports the promise; a rejection must not become an unhandled one.
    Promise.resolve(result).catch(() => {});
    throw new TypeError(
      'the function that takes the output returned a promise, for which runSync cannot wait; ' +
        'return nothing, or use run()',
    );
  }
}
