/** A running command, as `start` gives it. */

import type { Writable } from 'node:stream';
import { withCode } from '../base/index.js';
import { ByteStream, type LabelledLine, type LineOptions, type StreamIterator } from '../stream/index.js';
import type { Execution } from './execution.js';
import type { SignalName, StreamName, TerminalSize, TerminateOptions } from './options/index.js';
import { requireSignal, requireSize, requireTermination } from './options/index.js';
import type { Plan, PolicySpec } from './plan.js';
import type { LiveResultOf, LiveWish, UnlessPty } from './result.js';
import { resultOrThrow } from './run-error.js';

type Live<T> = T extends 'auto' | 'stream'
  ? ByteStream
  : T extends readonly (infer Item)[]
    ? [Extract<Item, 'auto' | 'stream'>] extends [never]
      ? undefined
      : ByteStream
    : undefined;
/** Of a child with unknown options, each end may be there or not. */
type LiveField<O, Name extends 'stdout' | 'stderr'> = Live<LiveWish<O, Name>>;
type StdinField<O> = unknown extends O
  ? Writable | undefined
  : 'stdin' extends keyof O
    ? O['stdin'] extends infer S
      ? WritableIf<S>
      : never
    : undefined;
type WritableIf<S> = S extends 'pipe' ? Writable : undefined;

/** A running child process, as `start` gives it for the options `O`; without `O`, any. */
export type Child<O = unknown> = RunningChild<
  StdinField<O>,
  LiveField<O, 'stdout'>,
  UnlessPty<O, LiveField<O, 'stderr'>>,
  LiveResultOf<O>
>;

/** A running child process. `await using` ends it with the scope. */
export class RunningChild<Stdin, Stdout, Stderr, R> implements AsyncDisposable {
  /** The child's process id; its process group has the same number. */
  readonly pid: number;
  /**
   * The text in SPILLWAY_RUN, in the environments of all that it starts. A program that stores it can end
   * what is left of this child after a crash of this program: `endRemains(mark)`.
   */
  readonly mark: string;
  readonly file: string;
  readonly args: readonly string[];
  /**
   * With `stdin: 'pipe'`, what the child reads; end it after the last byte. Writing to a child that has
   * closed its stdin does nothing.
   */
  readonly stdin: Stdin;
  /**
   * With `'auto'` and `'stream'`, the output as it comes, for one reader. Leaving the loop early ends the
   * child.
   */
  readonly stdout: Stdout;
  readonly stderr: Stderr;
  readonly #execution: Execution;
  readonly #policy: PolicySpec;
  #result: Promise<R> | undefined;

  constructor(execution: Execution, plan: Plan) {
    this.#execution = execution;
    this.pid = execution.pid;
    this.mark = execution.mark;
    this.#policy = plan.policy;
    this.file = plan.child.file;
    this.args = plan.child.args;
    const { streams } = execution;
    this.stdin = streams.stdin as Stdin;
    this.stdout = streams.live('stdout') as Stdout;
    this.stderr = streams.live('stderr') as Stderr;
  }

  /**
   * Settles when the command has ended, its output is where it belongs and nothing of it is left. Rejects
   * with RunError as `check` says. The promise is made at the first access, so a failure is never an
   * unhandled rejection of a promise that the caller does not use.
   */
  get result(): Promise<R> {
    this.#result ??= this.#execution.ended.then((end) => resultOrThrow(end, this.#policy) as R);
    return this.#result;
  }

  /**
   * The lines of stdout and stderr in one loop, in the order in which they arrive; of one, where only one is
   * read live. Ends after both. Errors: as for `stdout.lines`; TypeError when neither is read live.
   */
  lines(options?: LineOptions): StreamIterator<LabelledLine<StreamName>> {
    const { streams } = this.#execution;
    const live: [StreamName, ByteStream][] = [];
    for (const name of ['stdout', 'stderr'] as const) {
      const stream = streams.live(name);
      if (stream) live.push([name, stream]);
    }
    if (live.length === 0) {
      const problem = "neither stream can be read while it runs; start it with stdout: 'auto' or 'stream'";
      throw withCode(new TypeError(problem), 'ERR_INVALID_ARG_VALUE');
    }
    return ByteStream.labelled(live, options);
  }

  /**
   * The program may end while the child runs. Its guard then ends the child, unless it was started with
   * `detached`, or `guard: false`.
   */
  unref(): void {
    this.#execution.unref();
  }

  /** Whether the process runs, as far as is known by now. */
  get running(): boolean {
    return this.#execution.running;
  }

  /**
   * Lets a program run that was started with `suspended`. Later calls do nothing, nor does one for a child
   * that is over. A program that the system then refuses to run (ENOEXEC, …) fails the result: RunError, with
   * the StartError as its cause.
   */
  resume(): void {
    this.#execution.resume();
  }

  /**
   * Sends a signal to the child's process group, with `pty` to all groups of its session; false when it is
   * over. Default: SIGTERM. For the whole ladder see `terminate`. Errors: EPERM when the child runs as
   * another user.
   */
  kill(signal: SignalName = 'SIGTERM'): boolean {
    return this.#execution.signal(requireSignal(signal, 'signal'));
  }

  /**
   * Changes the size of the child's terminal; SIGWINCH tells the program in its foreground. A part that is
   * left out stays as it is. False when the child is over. Throws when it has no terminal of its own.
   */
  resize(size: TerminalSize): boolean {
    const { terminal } = this.#execution.streams;
    if (!terminal) {
      const problem = 'this child has no terminal to resize; start it with the option pty';
      throw withCode(new Error(problem), 'ERR_NO_TERMINAL');
    }
    return terminal.resize(requireSize(size, 'size'));
  }

  /**
   * Ends the child: signal, grace period, SIGKILL. Settles when it is gone. Default: the option `terminate`.
   */
  async terminate(options?: TerminateOptions): Promise<void> {
    this.#execution.end({ kind: 'requested' }, options && requireTermination(options, 'terminate'));
    await this.#execution.ended;
  }

  /** The end of an `await using` scope: terminates the child if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#execution.end({ kind: 'requested', isScopeEnd: true });
    await this.#execution.ended;
  }
}

/** For `instanceof`. */
export const Child = RunningChild;
