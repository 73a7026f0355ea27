/**
 * Writes to a Node stream of the caller's, at its pace, and never ends it: the caller may have more to write.
 *
 * It takes whatever `pipe()` takes: also streams older than Writable, objects with `write` and `on` alone,
 * and a stream whose `write` a test runner or a spinner has replaced. Those often call no callback, so a
 * chunk counts as taken when `write` returns anything but false, or when `'drain'` follows. A callback only
 * adds the news of a failure.
 */
import { AsyncResource } from 'node:async_hooks';
import type { Writable } from 'node:stream';
import { nodeTimers, type Timer, withOwnTicks } from '../../base/index.js';
import type { Sink } from './sink.js';

/** How long the end waits for the callback of a write that has been taken. */
const LAST_CALLBACK_MS = 100;
/** The same for a stream that has called back before. */
const PATIENCE_MS = 1000;

type Listener = (argument: unknown) => void;

/** What a stream need not have. */
type Receiver = Pick<Writable, 'write' | 'on'> & Partial<Writable>;

export class WritableSink implements Sink {
  protected readonly writable: Receiver;
  /** Another command's exit may bring the bytes; the stream gets them in its own caller's context. */
  readonly #context = new AsyncResource('SpillwayWritable');
  /** Writes whose callback has not been called. */
  #pending = 0;
  #hasCalledBack = false;
  #error: unknown;
  #isAttached = true;
  /** The write that returned false, or the end, waits for this. */
  #wake: (() => void) | undefined;
  #gone: ((error: unknown) => void) | undefined;
  readonly #listeners: readonly (readonly [event: string, listener: Listener])[] = [
    ['error', (error) => this.#fail(error)],
    ['close', () => this.#closed()],
    ['end', () => this.#otherEndClosed()],
    ['drain', () => this.#wake?.()],
  ];

  /** Throws for a stream that has failed or is destroyed. */
  constructor(writable: Writable) {
    this.writable = writable;
    if (writable.errored) throw writable.errored;
    if (writable.destroyed && !writable.writableEnded) throw closedEarly();
    this.#allowListeners(2);
    for (const [event, listener] of this.#listeners) writable.on(event, listener);
  }

  whenGone(failed: (error: unknown) => void): void {
    this.#gone = failed;
    // It failed while its command was being started.
    if (this.#error !== undefined) nodeTimers.soon(() => this.#gone?.(this.#error));
  }

  write(view: Buffer): void | Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    if (this.writable.writableEnded) throw endedEarly();
    this.#pending++;
    let isCalledBack = false;
    const calledBack = (error: Error | null | undefined) => {
      if (isCalledBack) return;
      isCalledBack = true;
      this.#calledBack(error);
    };
    const { writable } = this;
    const write: (chunk: Buffer, done: typeof calledBack) => unknown = writable.write;
    const answer = withOwnTicks(() =>
      this.#context.runInAsyncScope(write, writable, Buffer.from(view), calledBack),
    );
    if (answer === false && this.#pending > 0) return this.#room();
  }

  async end(): Promise<void> {
    await this.#settled();
    this.release();
  }

  release(): void {
    if (!this.#isAttached) return;
    this.#isAttached = false;
    this.#gone = undefined;
    const remove = this.writable.off ?? this.writable.removeListener;
    for (const [event, listener] of this.#listeners) remove?.call(this.writable, event, listener);
    this.#allowListeners(-2);
  }

  /** One listener for each child is not a leak: process.stdout may have twenty of them at a time. */
  #allowListeners(more: number): void {
    const count = this.writable.getMaxListeners?.();
    // 0 is no limit.
    if (count) this.writable.setMaxListeners?.(Math.max(1, count + more));
  }

  /** Resolves at `'drain'`, or when all callbacks have been called. */
  async #room(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
    if (this.#error !== undefined) throw this.#error;
  }

  /** Resolves when the stream has all bytes, and has had time to tell of a failure. */
  async #settled(): Promise<void> {
    let timer: Timer | undefined;
    if (this.#pending > 0 && this.#error === undefined) {
      await new Promise<void>((resolve) => {
        const look = () => {
          if (this.writable.writableLength) timer = nodeTimers.after(LAST_CALLBACK_MS, look);
          else resolve();
        };
        this.#wake = () => {
          if (this.#pending === 0 || this.#error !== undefined) resolve();
        };
        timer = nodeTimers.after(this.#hasCalledBack ? PATIENCE_MS : LAST_CALLBACK_MS, look);
      });
    }
    timer?.cancel();
    this.#wake = undefined;
    if (this.#error !== undefined) throw this.#error;
  }

  #calledBack(error: Error | null | undefined): void {
    this.#pending--;
    this.#hasCalledBack = true;
    if (error) this.#fail(error);
    else if (this.#pending === 0) this.#wake?.();
  }

  #closed(): void {
    const { writableFinished, writableEnded, errored } = this.writable;
    // Its owner has ended it, which matters only if there is more to write.
    if (writableFinished || (writableEnded && this.#pending === 0)) return;
    this.#fail(errored ?? closedEarly());
  }

  /** A socket whose other end is closed ends itself; no output can reach it any more. */
  #otherEndClosed(): void {
    if ((this.writable as { allowHalfOpen?: unknown }).allowHalfOpen !== false || this.writable.writableEnded)
      return;
    this.#fail(new Error('the other end of the target stream was closed before the command had ended'));
  }

  #fail(error: unknown): void {
    if (this.#error !== undefined) return;
    this.#error = error ?? new Error('the target stream failed');
    this.#wake?.();
    this.#gone?.(this.#error);
  }
}

function closedEarly(): Error {
  return new Error('the target stream was closed before all output was written');
}

function endedEarly(): Error {
  return new Error(
    'write after end: the target stream had been ended when more output came; ' +
      'end it when the command is over',
  );
}
