/**
 * `'auto'`: captures until a reader comes, so that an unread stream never blocks the child; then becomes a
 * LiveStream. The reader first gets the captured bytes; new bytes wait in the LiveStream meanwhile. When the
 * reader lets go, what follows is captured again.
 *
 * A search for a line reads along with the capture, which goes on, so that the result has all of it.
 */
import {
  ByteStream,
  type Feed,
  type Output,
  type Receiver,
  Replay,
  type TextEncoding,
} from '../reading/index.js';
import type { Capture } from './capture.js';
import { alreadyRead, LiveStream, type ReaderHooks } from './live-stream.js';
import type { LiveSink } from './sink.js';
import type { Tail } from './tail.js';

/** How an AutoStream keeps what no reader takes. */
export interface Keeping {
  /** Whether the child waits for the first reader, and only what follows on a reader is captured. */
  readonly isLiveFirst: boolean;
  capture(): Capture;
  /** Gets the last bytes that come past, once a reader takes them. */
  readonly tail: Tail | undefined;
}

export class AutoStream extends ByteStream implements LiveSink {
  readonly #keeping: Keeping;
  readonly #hooks: ReaderHooks;
  readonly #live: LiveStream;
  /** `'replayed'`: a reader has come, and gets what was captured. */
  #phase: 'captured' | 'replayed' | 'live';
  #capture: Capture;
  /** The reading of the capture: by a reader, or by a search. */
  #replay: Replay | undefined;
  /** The first captured byte that no reader has had. */
  #position = 0;
  /** Bytes that have come, and those that came before the capture. */
  #received = 0;
  #omitted = 0;
  /** The result's output, once there is one; the result closes it. */
  #output: Output | undefined;
  #isConcluded = false;
  #hasTail = false;

  constructor(encoding: TextEncoding, keeping: Keeping, hooks: ReaderHooks) {
    super(encoding);
    this.#keeping = keeping;
    this.#hooks = hooks;
    this.#live = new LiveStream(encoding, hooks);
    this.#capture = keeping.capture();
    this.#phase = keeping.isLiveFirst ? 'live' : 'captured';
    this.#hasTail = keeping.isLiveFirst;
  }

  /** Whether the child waits for a reader that has not come. */
  get isBlocking(): boolean {
    return this.#live.isBlocking;
  }

  /** The captured bytes, unless a reader has them; a later reader reads these. Call it after the end. */
  captured(): Output | undefined {
    this.#isConcluded = true;
    if (this.#phase === 'replayed') this.#capture.closeWhenForgotten();
    if (this.#phase === 'captured') {
      this.#output ??= this.#capture.output(this.encoding, this.#omitted);
    }
    return this.#output;
  }

  write(view: Buffer): void | Promise<void> {
    this.#received += view.length;
    if (this.#hasTail) this.#keeping.tail?.write(view);
    if (this.#phase !== 'captured') return this.#live.write(view);
    const pending = this.#capture.write(view);
    this.#replay?.wake();
    return pending;
  }

  end(): void | Promise<void> {
    this.#live.end();
    this.#replay?.wake();
    if (this.#phase !== 'live') return this.#capture.end();
  }

  acceptAll(): void {
    this.#live.acceptAll();
  }

  protected override open(receiver: Receiver): Feed {
    if (this.#replay) throw alreadyRead();
    if (this.#phase === 'live') return this.#attach(receiver);
    this.#phase = 'replayed';
    this.#beginTail();
    let live: Feed | undefined;
    const handOver = () => {
      this.#replay = undefined;
      this.#dropCapture();
      this.#phase = 'live';
      live = this.#attach(receiver);
    };
    const replay = this.#replayTo(receiver, handOver);
    // A disk that refuses some of it fails the run, as it does without a reader.
    const refused = (error: unknown) => {
      if (!live) return this.#failReplay(replay, receiver, error);
      receiver.end(error);
      live.cancel(error);
    };
    if (!this.#output) this.#capture.end()?.catch(refused);
    return {
      resume: () => (live ?? replay).resume(),
      cancel: (error) => {
        if (live) live.cancel(error);
        else this.#leave(replay, error);
      },
      release: (unread) => {
        if (live) live.release(unread);
        else this.#takeBack(replay, unread);
      },
    };
  }

  protected override openSearch(receiver: Receiver): Feed {
    if (this.#phase !== 'captured' || this.#replay) return this.open(receiver);
    const caughtUp = () => {
      if (!this.#live.hasEnded) return;
      receiver.last();
      this.#hooks.outcome().then((error) => {
        if (this.#replay !== replay) return;
        letGo([]);
        receiver.end(error);
      });
    };
    const replay = this.#replayTo(receiver, caughtUp);
    const letGo = (unread: readonly Buffer[]) => {
      if (this.#replay === replay) this.#stopAt(replay, unread);
    };
    return { resume: () => replay.resume(), cancel: () => letGo([]), release: letGo };
  }

  #replayTo(receiver: Receiver, caughtUp: () => void): Replay {
    const stored = () => this.#output ?? this.#capture;
    const failed = (error: unknown) => this.#failReplay(replay, receiver, error);
    const replay: Replay = new Replay(stored, this.#position, receiver, caughtUp, failed);
    this.#replay = replay;
    return replay;
  }

  #failReplay(replay: Replay, receiver: Receiver, error: unknown): void {
    if (this.#replay !== replay) return;
    receiver.end(error);
    this.#leave(replay, error);
  }

  #stopAt(replay: Replay, unread: readonly Buffer[]): void {
    replay.cancel();
    this.#replay = undefined;
    this.#position = replay.position - sizeOf(unread);
  }

  /** Hands new bytes to a reader, until it lets go. */
  #attach(receiver: Receiver): Feed {
    const feed = this.#live.attach(receiver);
    const release = (unread: readonly Buffer[]) => {
      feed.release(unread);
      // After the end of the command, the rest waits in memory for a next reader.
      if (this.#isConcluded) return;
      this.#phase = 'captured';
      this.#capture = this.#keeping.capture();
      this.#position = 0;
      this.#omitted = this.#received - this.#captureQueue();
    };
    return { resume: () => feed.resume(), cancel: (error) => feed.cancel(error), release };
  }

  /** A reader lets go before it has had all that was captured before it came. */
  #takeBack(replay: Replay, unread: readonly Buffer[]): void {
    this.#stopAt(replay, unread);
    this.#phase = 'captured';
    if (!this.#isConcluded) this.#captureQueue();
  }

  /** Captures what no reader has taken; the number of bytes. */
  #captureQueue(): number {
    const queue = this.#live.takeQueue();
    const failed = (error: unknown) => this.#hooks.failed(error);
    try {
      for (const chunk of queue) this.#capture.write(chunk)?.catch(failed);
      if (this.#live.hasEnded) this.#capture.end()?.catch(failed);
    } catch (error) {
      failed(error);
    }
    return sizeOf(queue);
  }

  /** A reader leaves before it has had all that was captured before it came. */
  #leave(replay: Replay, error?: unknown): void {
    replay.cancel();
    this.#replay = undefined;
    this.#dropCapture();
    this.#phase = 'live';
    this.#live.leave(error);
  }

  #dropCapture(): void {
    if (!this.#output) this.#capture.discard();
  }

  /** From now on a reader takes the bytes, so the last ones are kept apart. */
  #beginTail(): void {
    const { tail } = this.#keeping;
    if (!tail || this.#hasTail) return;
    this.#hasTail = true;
    const captured = this.#output ?? this.#capture;
    const last = captured.lastBytes(tail.limit);
    tail.skip(captured.size - last.length);
    tail.write(last);
  }
}

function sizeOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((total, { length }) => total + length, 0);
}
