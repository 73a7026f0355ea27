/** A command or pipeline that starts when it is awaited, read or started. */
import { inspect } from 'node:util';
import { errorText, shellWord, withCode } from '../base/index.js';
import {
  type Child,
  type Command,
  type LineOptions,
  type LiveCommand,
  type Output,
  type Pipeline,
  type PipelineResultOf,
  type ResultOf,
  RunError,
  type StreamIterator,
} from '../run/index.js';
import type { Call } from './call.js';
import { type CallSite, withCallSite } from './call-site.js';
import { runCall, startCall } from './execute.js';
import { lazily } from './lazily.js';

type Either<A, B> = A & { readonly [Name in Exclude<keyof B, keyof A>]?: undefined };
/** The result of one command, or that of a pipeline, which has `stages`. */
export type LazyResultOf<O> =
  | Either<ResultOf<O>, PipelineResultOf<readonly Command[], O>>
  | Either<PipelineResultOf<readonly Command[], O>, ResultOf<O>>;
export type LazyChildOf<O> = Child<O> | Pipeline<readonly LiveCommand[], O>;

/** As with a Promise. */
// biome-ignore lint/suspicious/noExplicitAny: what is thrown has any type.
type Rejected<B> = ((error: any) => B | PromiseLike<B>) | null;

/** What the views need of a result. */
interface Ended {
  readonly ok: boolean;
  readonly output: { readonly stdout: Output | undefined };
}

/**
 * A command that has not started yet. Awaiting it, a view of it and `start()` start it; however often it is
 * awaited, it runs once. Its results and errors are those of `run` and `pipeline`.
 */
export class LazyCommand<R = unknown, C = unknown> implements Promise<R> {
  readonly #call: Call;
  readonly #site: CallSite;
  #result: Promise<R> | undefined;
  #child: Child | Pipeline | undefined;

  constructor(call: Call, site: CallSite) {
    this.#call = call;
    this.#site = site;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is awaited as the promise of run() is.
  then<A = R, B = never>(
    fulfilled?: ((result: R) => A | PromiseLike<A>) | null,
    rejected?: Rejected<B>,
  ): Promise<A | B> {
    this.#result ??= this.#settle();
    return this.#result.then(fulfilled, rejected);
  }

  catch<B = never>(rejected?: Rejected<B>): Promise<R | B> {
    return this.then(undefined, rejected);
  }

  finally(settled?: (() => void) | null): Promise<R> {
    return this.then().finally(settled);
  }

  /** The running child, or pipeline; the same at each call. Throws what `start` throws. */
  start(): C {
    if (this.#result && !this.#child) {
      const problem = 'this command was awaited, and runs already; call start() or lines() before';
      throw withCode(new Error(problem), 'ERR_TEMPLATE_USED');
    }
    if (!this.#child) {
      this.#child = startCall(this.#call);
      // The same error ends the loops over its output.
      this.#child.result.catch((error: unknown) => withCallSite(error, this.#site));
    }
    return this.#child as C;
  }

  /** The lines of stdout as they come. The first one starts the command, and leaving the loop ends it. */
  lines(options?: LineOptions): StreamIterator<string> {
    return lazily(() => {
      this.#requireStdout(true);
      return (this.start() as Child<object>).stdout.lines(options);
    });
  }

  [Symbol.asyncIterator](): StreamIterator<string> {
    return this.lines();
  }

  /** stdout as text, without its last newline. */
  async text(): Promise<string> {
    const output = await this.#stdout();
    return (await output.text()).replace(/\r?\n$/, '');
  }

  /** stdout, parsed. Errors: a SyntaxError, with that of JSON.parse as its cause. */
  async json<T = unknown>(): Promise<T> {
    const text = await this.text();
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      const problem = `stdout of ${this.#call.stages.at(-1)?.file} is no JSON: ${errorText(cause)}`;
      throw withCallSite(new SyntaxError(problem, { cause }), this.#site);
    }
  }

  /** The bytes of stdout. */
  async bytes(): Promise<Buffer> {
    const output = await this.#stdout();
    return await output.bytes();
  }

  /** Whether it succeeds. Rejects only where it did not run, or something on this side failed. */
  ok(): Promise<boolean> {
    return this.then(
      (result) => (result as Ended).ok,
      (error) => {
        if (error instanceof RunError && error.code !== 'ERR_RUN_ERROR' && error.result.pid) return false;
        throw error;
      },
    );
  }

  get [Symbol.toStringTag](): string {
    return 'LazyCommand';
  }

  /** Shows a program that forgot to await it what has not happened. */
  [inspect.custom](): string {
    const words = this.#call.stages.map(({ file, args = [] }) => [file, ...args].map(shellWord).join(' '));
    return `LazyCommand { ${words.join(' | ')}${this.#result || this.#child ? '' : ' (not started)'} }`;
  }

  async #settle(): Promise<R> {
    try {
      return (await (this.#child ? this.#child.result : runCall(this.#call))) as R;
    } catch (error) {
      throw withCallSite(error, this.#site);
    }
  }

  async #stdout(): Promise<Output> {
    this.#requireStdout();
    const { stdout } = ((await this) as Ended).output;
    if (stdout) return stdout;
    throw notKept();
  }

  /** Before the command starts, as far as the options tell it. */
  #requireStdout(isLive = false): void {
    const places: readonly unknown[] = [this.#call.options.stdout ?? 'auto'].flat();
    const kept = (place: unknown) =>
      typeof place === 'string'
        ? place !== 'ignore' && place !== 'inherit' && !(isLive && place === 'capture')
        : !isLive && 'tail' in Object(place);
    if (!places.some(kept)) throw notKept();
  }
}

function notKept(): Error {
  const problem =
    'stdout cannot be read: it is redirected, sent elsewhere by the option stdout, or read already';
  return withCode(new TypeError(problem), 'ERR_INVALID_ARG_VALUE');
}
