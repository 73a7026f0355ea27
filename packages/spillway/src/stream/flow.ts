/** One output stream of a child on its way: from the pipe into its sinks, in order, at the pace of the slowest. */
import type { Readable } from 'node:stream';
import type { LiveStream } from './live-stream.js';
import { type ByteReader, PipeReader } from './pipe-reader.js';
import { ReadableReader } from './readable-reader.js';
import { Terminal } from './terminal.js';

export interface Sink {
  /** The bytes are valid only during the call. A promise pauses the stream until it is settled; its rejection fails the run. */
  write(view: Buffer): void | Promise<void>;
  /** After the last write: whatever is buffered goes where it belongs. */
  end?(): void | Promise<void>;
}

export interface FlowHooks {
  received(bytes: number): void;
  /** A sink refused; the others go on. */
  failed(error: unknown): void;
  /** Everything has been read and every sink has it. What a live reader has not yet taken waits in memory. */
  ended(): void;
}

export interface FlowSource {
  /** The read end of the child's pipe, its terminal, or Node's own streams; owned by the flow. */
  readonly from: number | Terminal | readonly Readable[];
  /** Whether the pipe may become larger when much comes through it. */
  readonly mayEnlarge: boolean;
  readonly sinks: readonly Sink[];
  readonly live: LiveStream | undefined;
}

export class Flow {
  readonly #reader: ByteReader;
  readonly #hooks: FlowHooks;
  readonly #live: LiveStream | undefined;
  #sinks: Sink[];
  /** What came while a sink was busy. */
  #queue: Buffer[] = [];
  #busy = false;
  /** A chunk is on its way through the sinks; what its takers ask for meanwhile comes after it. */
  #delivering = false;
  #afterDelivery: (() => void) | undefined;
  #draining = false;
  #atEnd = false;
  #over = false;

  constructor({ from, mayEnlarge, sinks, live }: FlowSource, hooks: FlowHooks) {
    this.#hooks = hooks;
    this.#live = live;
    this.#sinks = live ? [...sinks, live] : [...sinks];
    const readHooks = {
      chunk: (view: Buffer) => this.#receive(view),
      end: () => this.#finishReading(),
    };
    this.#reader =
      from instanceof Terminal
        ? from.attach(readHooks)
        : typeof from === 'number'
          ? new PipeReader(from, mayEnlarge, readHooks)
          : new ReadableReader(from, readHooks);
  }

  /** Whether the child is kept waiting by us, so that its silence says nothing about it. */
  get paused(): boolean {
    return this.#busy && !this.#over;
  }

  /** Of the pipe, while it is open: what tells who else has it. */
  get inode(): number | undefined {
    return this.#atEnd ? undefined : this.#reader.inode;
  }

  /** The child has exited, and what it wrote is being read. */
  get draining(): boolean {
    return this.#draining && !this.#atEnd;
  }

  get hasUnread(): boolean {
    return !this.#atEnd && this.#reader.hasUnread;
  }

  /** The child has exited: what is in the pipe is all there will be. Closes the pipe. */
  drain(): void {
    this.#live?.acceptAll();
    this.#afterChunk(() => {
      this.#draining = true;
      this.#reader.drain();
    });
  }

  /** Nobody wants the rest: closes the pipe and drops what is queued. */
  cancel(): void {
    this.#afterChunk(() => {
      this.#queue = [];
      this.#finishReading();
    });
  }

  /** Reading on while a chunk is being handed out would overwrite it, and overtake it. */
  #afterChunk(act: () => void): void {
    if (this.#atEnd) return;
    if (this.#delivering) this.#afterDelivery ??= act;
    else act();
  }

  #receive(view: Buffer): boolean {
    if (this.#busy) {
      this.#queue.push(Buffer.from(view));
      this.#hooks.received(view.length);
      return false;
    }
    this.#delivering = true;
    const goOn = this.#write(view);
    this.#hooks.received(view.length);
    this.#delivering = false;
    const act = this.#afterDelivery;
    this.#afterDelivery = undefined;
    if (act && !this.#atEnd) act();
    return goOn && !this.#atEnd;
  }

  /** True when every sink took it at once. */
  #write(view: Buffer): boolean {
    const waiting: Promise<void>[] = [];
    for (const sink of this.#sinks) {
      try {
        const taken = sink.write(view);
        if (taken) waiting.push(taken.catch((error) => this.#drop(sink, error)));
      } catch (error) {
        this.#drop(sink, error);
      }
    }
    if (waiting.length === 0) return true;
    this.#busy = true;
    Promise.all(waiting).then(() => this.#continue());
    return false;
  }

  #continue(): void {
    this.#busy = false;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (!this.#write(next)) return;
    }
    if (this.#atEnd) this.#finish();
    else this.#reader.resume();
  }

  #drop(sink: Sink, error: unknown): void {
    this.#sinks = this.#sinks.filter((other) => other !== sink);
    this.#hooks.failed(error);
  }

  #finishReading(): void {
    this.#atEnd = true;
    this.#live?.acceptAll();
    this.#reader.close();
    if (!this.#busy) this.#finish();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    const flushes: Promise<void>[] = [];
    for (const sink of this.#sinks) {
      try {
        const flushed = sink.end?.();
        if (flushed) flushes.push(flushed.catch((error) => this.#drop(sink, error)));
      } catch (error) {
        this.#drop(sink, error);
      }
    }
    if (flushes.length === 0) this.#hooks.ended();
    else Promise.all(flushes).then(() => this.#hooks.ended());
  }
}
