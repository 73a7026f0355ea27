/**
 * A child's output while it runs, for whoever reads it: lines, batches, chunks.
 *
 * `'stream'`: what nobody reads stays in the pipe, and the child waits. `'auto'`: captured until somebody reads, so that the child
 * never waits for a reader who does not come; from then on streamed, what was captured first.
 */

import type { Sink } from '../flow.js';
import type { Feed, Output, Receiver, TextEncoding } from '../reading/index.js';
import { ByteStream } from '../reading/index.js';
import type { Capture } from './capture.js';

export interface LiveHooks {
  /** The reader left before the end. */
  cancelled(): void;
  /** The reader left when the stream had ended, but had not read to its end. */
  left?(): void;
  /** What was captured before the reader came could not be read back: the disk under the spill. */
  failed(error: unknown): void;
}

export class LiveStream extends ByteStream implements Sink {
  readonly #hooks: LiveHooks;
  /** In `'auto'`, until the first reader. */
  #capture: Capture | undefined;
  /** The result's, once there is one. */
  #output: Output | undefined;
  #receiver: Receiver | undefined;
  /** The receiver gets what was captured before; what comes waits. */
  #replaying = false;
  #paused = false;
  /** What came when nobody took it, while the source was told to stop or could not be. */
  #queue: Buffer[] = [];
  #release: (() => void) | undefined;
  #acceptAll = false;
  #ended = false;
  #state: 'unread' | 'read' | 'done' = 'unread';

  constructor(encoding: TextEncoding, capture: Capture | undefined, hooks: LiveHooks) {
    super(encoding);
    this.#capture = capture;
    this.#hooks = hooks;
  }

  /** What was captured, when nobody has begun to read; whoever reads later reads this. To be called after the end. */
  captured(): Output | undefined {
    if (this.#state === 'unread') this.#output ??= this.#capture?.output(this.encoding);
    return this.#output;
  }

  write(view: Buffer): void | Promise<void> {
    if (this.#capture && !this.#replaying) return this.#capture.write(view);
    if (this.#state === 'done') return;
    if (this.#receiver && !this.#replaying && !this.#paused && this.#queue.length === 0) {
      this.#paused = !this.#receiver.chunk(view);
      return this.#paused ? this.#backPressure() : undefined;
    }
    this.#queue.push(Buffer.from(view));
    return this.#backPressure();
  }

  end(): void | Promise<void> {
    this.#ended = true;
    if (this.#capture && !this.#replaying) return this.#capture.end();
    this.#pass();
  }

  /** The pipe is about to be closed: what is left, a pipe's capacity at most, is taken without waiting for the reader. */
  acceptAll(): void {
    this.#acceptAll = true;
    this.#letGo();
  }

  protected override open(receiver: Receiver): Feed {
    if (this.#state !== 'unread') {
      throw new Error(
        'this stream is being read already, or has been; keep its lines, or use stdout: "capture" and read the result',
      );
    }
    this.#state = 'read';
    this.#receiver = receiver;
    const capture = this.#capture;
    const feed: Feed = {
      resume: () => this.#resume(),
      cancel: () => this.#cancel(),
    };
    if (!capture) {
      queueMicrotask(() => this.#pass());
      return feed;
    }
    return this.#replay(capture, receiver, feed);
  }

  /** What was captured goes to the receiver first; then the live stream is let through. */
  #replay(capture: Capture, receiver: Receiver, live: Feed): Feed {
    this.#replaying = true;
    let before: Feed | undefined;
    let isOver = false;
    let finish = () => {
      this.#replaying = false;
      this.#capture = undefined;
      isOver = true;
    };
    const begin = async () => {
      await capture.end();
      const output = this.#output ?? capture.output(this.encoding);
      const release = finish;
      finish = () => {
        release();
        before = undefined;
        // The result's is the result's to close.
        if (output !== this.#output) output.close();
      };
      // The reader may have left before it had anything.
      if (isOver) {
        finish();
        return;
      }
      before = output.replayTo({
        chunk: (view) => receiver.chunk(view),
        end: (error) => {
          finish();
          if (error === undefined) this.#pass();
          else this.#fail(error);
        },
      });
    };
    begin().catch((error) => {
      capture.output(this.encoding).close();
      const wasOver = isOver;
      finish();
      if (!wasOver) this.#fail(error);
    });
    return {
      resume: () => (before ? before.resume() : live.resume()),
      cancel: () => {
        before?.cancel();
        finish();
        live.cancel();
      },
    };
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    // Not within the reader's own call: it is not ready for the next chunk before that returns.
    queueMicrotask(() => this.#pass());
  }

  /** Hands over what waits, and lets the source go on, or tells the end. */
  #pass(): void {
    const receiver = this.#receiver;
    if (!receiver || this.#replaying || this.#state === 'done') return;
    while (!this.#paused) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      this.#paused = !receiver.chunk(next);
    }
    if (this.#paused) return;
    this.#letGo();
    if (this.#ended) {
      this.#state = 'done';
      receiver.end();
    }
  }

  #fail(error: unknown): void {
    this.#drop();
    this.#receiver?.end(error);
    this.#hooks.failed(error);
  }

  #cancel(): void {
    const wasOver = this.#ended || this.#state === 'done';
    this.#drop();
    if (wasOver) this.#hooks.left?.();
    else this.#hooks.cancelled();
  }

  /** Nobody takes anything any more. */
  #drop(): void {
    this.#state = 'done';
    this.#queue = [];
    this.#letGo();
  }

  #backPressure(): Promise<void> | undefined {
    if (this.#acceptAll) return undefined;
    return new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  #letGo(): void {
    this.#release?.();
    this.#release = undefined;
  }
}
