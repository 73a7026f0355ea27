/**
 * `'auto'`: captures until a reader comes, so that an unread stream never blocks the child; then becomes a
 * LiveStream. The reader first gets the captured bytes; new bytes wait in the LiveStream meanwhile.
 */
import { ByteStream, type Feed, type Output, type Receiver, type TextEncoding } from '../reading/index.js';
import type { Capture } from './capture.js';
import { alreadyRead, LiveStream } from './live-stream.js';
import type { LiveSink } from './sink.js';

export interface ReaderHooks {
  /** The reader left before it had read to the end; `hadEnded`: the stream itself had already ended. */
  left(hadEnded: boolean): void;
  /** The bytes captured before the reader came cannot be read back, since the spill's disk failed. */
  failed(error: unknown): void;
}

export class AutoStream extends ByteStream implements LiveSink {
  readonly #capture: Capture;
  readonly #live: LiveStream;
  readonly #hooks: ReaderHooks;
  #phase: 'captured' | 'read' = 'captured';
  /** The result's output, once there is one; the result closes it. */
  #output: Output | undefined;

  constructor(encoding: TextEncoding, capture: Capture, hooks: ReaderHooks) {
    super(encoding);
    this.#capture = capture;
    this.#hooks = hooks;
    this.#live = new LiveStream(encoding, (hadEnded) => hooks.left(hadEnded));
  }

  /** The captured bytes, unless a reader came; a later reader reads this output. Call it after the end. */
  captured(): Output | undefined {
    if (this.#phase === 'captured') this.#output ??= this.#capture.output(this.encoding);
    return this.#output;
  }

  write(view: Buffer): void | Promise<void> {
    return this.#phase === 'captured' ? this.#capture.write(view) : this.#live.write(view);
  }

  end(): void | Promise<void> {
    this.#live.end();
    if (this.#phase === 'captured') return this.#capture.end();
  }

  acceptAll(): void {
    this.#live.acceptAll();
  }

  protected override open(receiver: Receiver): Feed {
    if (this.#phase !== 'captured') throw alreadyRead();
    this.#phase = 'read';
    return this.#replay(receiver);
  }

  #replay(receiver: Receiver): Feed {
    let replay: { readonly feed: Feed; close(): void } | undefined;
    let live: Feed | undefined;
    let hasLeft = false;
    const handOver = async () => {
      await this.#capture.end();
      const output = this.#output ?? this.#capture.output(this.encoding);
      const close = () => {
        if (output !== this.#output) output.close();
      };
      if (hasLeft) {
        close();
        return;
      }
      const end = (error?: unknown) => {
        close();
        replay = undefined;
        if (error === undefined) live = this.#live.attach(receiver);
        else this.#fail(receiver, error);
      };
      replay = { feed: output.replayTo({ chunk: (view) => receiver.chunk(view), end }), close };
    };
    handOver().catch((error) => {
      this.#capture.output(this.encoding).close();
      if (!hasLeft) this.#fail(receiver, error);
    });
    return {
      resume: () => (live ?? replay?.feed)?.resume(),
      cancel: () => {
        hasLeft = true;
        replay?.feed.cancel();
        replay?.close();
        this.#live.leave();
      },
    };
  }

  #fail(receiver: Receiver, error: unknown): void {
    this.#live.close();
    receiver.end(error);
    this.#hooks.failed(error);
  }
}
