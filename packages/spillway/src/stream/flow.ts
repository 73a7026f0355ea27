/** Moves one output stream of a child from the pipe into its sinks, in order, at the pace of the slowest. */
import type { Readable } from 'node:stream';
import {
  type ByteReader,
  ChildTerminal,
  type OpenReader,
  openReader,
  ReadableReader,
} from './reader/index.js';
import type { LiveSink, Pending, Sink, Taker } from './sink/index.js';

export interface FlowHooks {
  received(bytes: number): void;
  /** A sink has failed; the others go on. */
  failed(error: unknown): void;
  /** Every sink has the whole stream. Bytes that a live reader has not taken yet wait in memory. */
  ended(): void;
}

export interface FlowSource {
  /** The read end of the child's pipe, its terminal, or Node's streams; owned by the flow. */
  readonly from: number | ChildTerminal | readonly Readable[];
  /** Whether the pipe's capacity may grow with the traffic. */
  readonly mayEnlarge: boolean;
  readonly sinks: readonly Sink[];
  readonly live: LiveSink | undefined;
}

export class Flow {
  readonly #reader: ByteReader;
  readonly #hooks: FlowHooks;
  readonly #live: LiveSink | undefined;
  #sinks: readonly Taker[];
  /** Chunks that arrived while a sink was busy. */
  #queue: Buffer[] = [];
  /** `'draining'`: the child has exited, and the rest of the pipe is being read. */
  #reading: 'open' | 'draining' | 'ended' = 'open';
  /** `'handing'`: a chunk is going through the sinks right now. `'waiting'`: a sink is not done with it. */
  #delivery: 'idle' | 'handing' | 'waiting' | 'over' = 'idle';
  /** A drain or cancel requested while a chunk goes through the sinks, as by a caller's function. */
  #afterHanding: (() => void) | undefined;

  constructor(
    { from, mayEnlarge, sinks, live }: FlowSource,
    hooks: FlowHooks,
    open: OpenReader = openReader,
  ) {
    this.#hooks = hooks;
    this.#live = live;
    this.#sinks = live ? [...sinks, live] : sinks;
    for (const sink of sinks) sink.whenGone((error) => this.#drop(sink, error));
    const readHooks = {
      chunk: (view: Buffer) => this.#receive(view),
      end: () => this.#finishReading(),
    };
    this.#reader =
      from instanceof ChildTerminal
        ? from.attach(readHooks)
        : typeof from === 'number'
          ? open(from, mayEnlarge, readHooks)
          : new ReadableReader(from, readHooks);
  }

  /** Whether this side keeps the child waiting; then the child's silence means nothing. */
  get paused(): boolean {
    return this.#delivery === 'waiting';
  }

  /** The open pipe: its inode, which identifies other processes that hold it, and whether any does. */
  get pipe(): { inode: number; isHeld: boolean } | undefined {
    return this.#reading === 'ended' ? undefined : this.#reader.pipe;
  }

  /** It no longer holds the event loop. */
  unref(): void {
    this.#reader.unref();
  }

  get draining(): boolean {
    return this.#reading === 'draining';
  }

  get hasUnread(): boolean {
    return this.#reading !== 'ended' && this.#reader.hasUnread;
  }

  /**
   * Call it when the child has exited: reads the rest of the pipe and closes it. `holds`: others may still
   * write to it, and it stays open for them, unread, until `letGo`.
   */
  drain(holds = false): void {
    if (holds) this.#reader.hold();
    this.#live?.acceptAll();
    this.#afterChunk(() => {
      this.#reading = 'draining';
      this.#reader.drain();
    });
  }

  letGo(): void {
    this.#reader.letGo();
  }

  /** Discards the rest: closes the pipe and drops the queue. */
  cancel(): void {
    this.#afterChunk(() => {
      this.#queue = [];
      this.#finishReading();
    });
  }

  /** Postpones `act` while a chunk goes through the sinks: a read would overwrite and overtake it. */
  #afterChunk(act: () => void): void {
    if (this.#reading === 'ended') return;
    if (this.#delivery === 'handing') this.#afterHanding ??= act;
    else act();
  }

  #receive(view: Buffer): boolean {
    if (this.#delivery === 'waiting' || this.#queue.length > 0) {
      this.#queue.push(Buffer.from(view));
      this.#hooks.received(view.length);
      return false;
    }
    const goesOn = this.#hand(view, () => this.#hooks.received(view.length));
    return goesOn && this.#reading !== 'ended';
  }

  /** Gives a chunk to all sinks. True when every one took it at once. */
  #hand(view: Buffer, received?: () => void): boolean {
    this.#delivery = 'handing';
    const isTaken = this.#inAll(
      (sink) => sink.write(view),
      () => this.#continue(),
    );
    received?.();
    this.#delivery = isTaken ? 'idle' : 'waiting';
    const act = this.#afterHanding;
    this.#afterHanding = undefined;
    if (this.#reading !== 'ended') act?.();
    return isTaken;
  }

  /** True if every sink is done at once; otherwise calls `then` when the last one is. */
  #inAll(act: (sink: Taker) => void | Promise<void> | Pending, then: () => void): boolean {
    let waiting = 0;
    const settled = () => {
      waiting--;
      if (waiting === 0) then();
    };
    for (const sink of this.#sinks) {
      const failed = (error: unknown) => {
        this.#drop(sink, error);
        settled();
      };
      try {
        const pending = act(sink);
        if (!pending) continue;
        waiting++;
        if ('whenSettled' in pending) pending.whenSettled(settled, failed);
        else pending.then(settled, failed);
      } catch (error) {
        this.#drop(sink, error);
      }
    }
    return waiting === 0;
  }

  #continue(): void {
    this.#delivery = 'idle';
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (!this.#hand(next)) return;
    }
    // A sink may have caused another delivery that is not finished yet.
    if (this.#delivery !== 'idle') return;
    if (this.#reading === 'ended') this.#finish();
    else this.#reader.resume();
  }

  #drop(sink: Taker, error: unknown): void {
    if (!this.#sinks.includes(sink)) return;
    this.#sinks = this.#sinks.filter((other) => other !== sink);
    this.#hooks.failed(error);
  }

  #finishReading(): void {
    this.#reading = 'ended';
    this.#live?.acceptAll();
    this.#reader.close();
    if (this.#delivery === 'idle' && this.#queue.length === 0) this.#finish();
  }

  #finish(): void {
    if (this.#delivery === 'over') return;
    this.#delivery = 'over';
    const ended = () => this.#hooks.ended();
    if (this.#inAll((sink) => sink.end(), ended)) ended();
  }
}
