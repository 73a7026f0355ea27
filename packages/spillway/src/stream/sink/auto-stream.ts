/**
 * `'auto'`: captured until a reader comes, so that the child never waits for a reader that does not come;
 * from then on a LiveStream. The reader gets what was captured first; meanwhile what comes waits in the
 * LiveStream.
 */
import { ByteStream, type Feed, type Output, type Receiver, type TextEncoding } from '../reading/index.js';
import type { Capture } from './capture.js';
import { alreadyRead, LiveStream } from './live-stream.js';
import type { LiveSink } from './sink.js';

export interface ReaderHooks {
  /** The reader has left before it had read to the end; `hadEnded`: after the end of the stream itself. */
  left(hadEnded: boolean): void;
  /** What was captured before the reader came cannot be read back: the disk under the spill has failed. */
  failed(error: unknown): void;
}

export class AutoStream extends ByteStream implements LiveSink {
  readonly #capture: Capture;
  readonly #live: LiveStream;
  readonly #hooks: ReaderHooks;
  #phase: 'captured' | 'read' = 'captured';
  /** The result's, once there is one; the result closes it. */
  #output: Output | undefined;

  constructor(encoding: TextEncoding, capture: Capture, hooks: ReaderHooks) {
    super(encoding);
    this.#capture = capture;
    this.#hooks = hooks;
    this.#live = new LiveStream(encoding, (hadEnded) => hooks.left(hadEnded));
  }

  /** What was captured, unless it has been read; a later reader reads this. Call it after the end. */
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
