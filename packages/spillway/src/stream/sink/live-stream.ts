/** `'stream'`: a child's output for one live reader. Unread output stays in the pipe, and the child waits. */
import { queueMicrotask, withCode } from '../../base/index.js';
import { ByteStream, type Feed, type Receiver, type TextEncoding } from '../reading/index.js';
import type { LiveSink } from './sink.js';

type Reader =
  | { readonly is: 'awaited' }
  | { readonly is: 'reading' | 'paused'; readonly receiver: Receiver }
  /** It has read to the end, or left. */
  | { readonly is: 'gone' };

export class LiveStream extends ByteStream implements LiveSink {
  readonly #left: (hadEnded: boolean) => void;
  #reader: Reader = { is: 'awaited' };
  /** `'hurried'`: the pipe is about to be closed, so new chunks are queued without back-pressure. */
  #source: 'open' | 'hurried' | 'ended' = 'open';
  /** Chunks that the reader has not taken yet. */
  #queue: Buffer[] = [];
  #release: (() => void) | undefined;

  /** `left`: the reader left before it had read to the end; `hadEnded`: the stream itself had ended. */
  constructor(encoding: TextEncoding, left: (hadEnded: boolean) => void) {
    super(encoding);
    this.#left = left;
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
    return { resume: () => this.#resume(), cancel: () => this.leave() };
  }

  /** The reader wants no more. */
  leave(): void {
    const hadEnded = this.#source === 'ended' || this.#reader.is === 'gone';
    this.close();
    this.#left(hadEnded);
  }

  /** Drops all chunks from now on. */
  close(): void {
    this.#reader = { is: 'gone' };
    this.#queue = [];
    this.#letGo();
  }

  protected override open(receiver: Receiver): Feed {
    return this.attach(receiver);
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
    this.#reader = { is: 'gone' };
    receiver.end();
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
    return new Promise((resolve) => {
      this.#release = resolve;
    });
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
