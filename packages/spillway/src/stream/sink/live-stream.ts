/** `'stream'`: a child's output for one live reader. Unread output stays in the pipe, and the child waits. */
import { queueMicrotask, withCode } from '../../base/index.js';
import { ByteStream, type Feed, type Receiver, type TextEncoding } from '../reading/index.js';
import type { LiveSink } from './sink.js';

/** What a live reader does to the command. */
export interface ReaderHooks {
  /** The reader left before it had read to the end; `hadEnded`: the stream itself had already ended. */
  left(hadEnded: boolean): void;
  /** The reader cannot go on, or bytes captured before it came cannot be read back. */
  failed(error: unknown): void;
  /** The child waits, or will soon, for a reader that has not come. */
  blocked?(): void;
  /** Resolves when the command has ended, with the error that its reader gets, if it gets one. */
  outcome(): Promise<unknown>;
}

type Reader =
  | { readonly is: 'awaited' }
  | { readonly is: 'reading' | 'paused' | 'done'; readonly receiver: Receiver }
  /** It has left. */
  | { readonly is: 'gone' };

export class LiveStream extends ByteStream implements LiveSink {
  readonly #hooks: ReaderHooks;
  #reader: Reader = { is: 'awaited' };
  /** `'hurried'`: the pipe is about to be closed, so new chunks are queued without back-pressure. */
  #source: 'open' | 'hurried' | 'ended' = 'open';
  /** Chunks that the reader has not taken yet. */
  #queue: Buffer[] = [];
  #release: (() => void) | undefined;

  constructor(encoding: TextEncoding, hooks: ReaderHooks) {
    super(encoding);
    this.#hooks = hooks;
  }

  get hasEnded(): boolean {
    return this.#source === 'ended';
  }

  /** Whether the child waits for a reader that has not come. */
  get isBlocking(): boolean {
    return this.#reader.is === 'awaited' && this.#release !== undefined;
  }

  write(view: Buffer): void | Promise<void> {
    if (this.#reader.is === 'gone') return;
    if (this.#reader.is !== 'reading' || this.#queue.length > 0) this.#queue.push(Buffer.from(view));
    else if (this.#hand(view)) return;
    return this.#backPressure();
  }

  end(): void {
    this.#source = 'ended';
    this.#pass();
  }

  acceptAll(): void {
    if (this.#source === 'open') this.#source = 'hurried';
    this.#letGo();
  }

  /** Hands all chunks to a receiver from now on. */
  attach(receiver: Receiver): Feed {
    if (this.#reader.is !== 'awaited') throw alreadyRead();
    this.#reader = { is: 'reading', receiver };
    queueMicrotask(() => this.#pass());
    return {
      resume: () => this.#resume(),
      cancel: (error) => this.leave(error),
      release: (unread) => this.#takeBack(unread),
    };
  }

  /** The reader wants no more; with an error, it cannot go on. */
  leave(error?: unknown): void {
    const hadEnded = this.#source === 'ended' || this.#reader.is === 'gone';
    this.close();
    if (error === undefined) this.#hooks.left(hadEnded);
    else this.#hooks.failed(error);
  }

  /** Drops all chunks from now on. */
  close(): void {
    this.#reader = { is: 'gone' };
    this.#queue = [];
    this.#letGo();
  }

  /** The chunks that no reader has taken; the source goes on. */
  takeQueue(): Buffer[] {
    const queue = this.#queue;
    this.#queue = [];
    this.#letGo();
    return queue;
  }

  protected override open(receiver: Receiver): Feed {
    return this.attach(receiver);
  }

  /** The reader has let go; the next one begins with what it had not read. */
  #takeBack(unread: readonly Buffer[]): void {
    if (this.#reader.is === 'gone') return;
    this.#reader = { is: 'awaited' };
    this.#queue.unshift(...unread.filter(({ length }) => length > 0));
    if (this.#release) this.#hooks.blocked?.();
  }

  #resume(): void {
    if (this.#reader.is !== 'paused') return;
    this.#reader = { is: 'reading', receiver: this.#reader.receiver };
    // Not within the reader's own call: it is ready for the next chunk only after that returns.
    queueMicrotask(() => this.#pass());
  }

  /** Hands over the queue; then lets the source go on, or announces the end. */
  #pass(): void {
    while (this.#reader.is === 'reading') {
      const next = this.#queue.shift();
      if (next === undefined) break;
      this.#hand(next);
    }
    if (this.#reader.is !== 'reading') return;
    this.#letGo();
    if (this.#source !== 'ended') return;
    const { receiver } = this.#reader;
    const done: Reader = { is: 'done', receiver };
    this.#reader = done;
    receiver.last();
    // The reader waits for the end of the command, never the command for its reader.
    this.#hooks.outcome().then((error) => {
      if (this.#reader === done) receiver.end(error);
    });
  }

  /** False if the reader pauses. A reader that leaves during the call does not pause the stream: true. */
  #hand(view: Buffer): boolean {
    const before = this.#reader;
    if (before.is !== 'reading') return true;
    const goesOn = before.receiver.chunk(view);
    if (this.#reader !== before) return true;
    if (!goesOn) this.#reader = { is: 'paused', receiver: before.receiver };
    return goesOn;
  }

  #backPressure(): Promise<void> | undefined {
    if (this.#source !== 'open') return undefined;
    const waiting = new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    if (this.#reader.is === 'awaited') this.#hooks.blocked?.();
    return waiting;
  }

  #letGo(): void {
    this.#release?.();
    this.#release = undefined;
  }
}

/** The error for a second reader of a live stream. */
export function alreadyRead(): Error {
  const problem =
    'this stream is being read already, or has been; ' +
    'keep its lines, or use stdout: "capture" and read the result';
  return withCode(new Error(problem), 'ERR_STREAM_READ_TWICE');
}
