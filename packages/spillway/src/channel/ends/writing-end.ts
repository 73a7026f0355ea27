/** What the writers of both kinds of pipe have in common: how they end. */
import { ChannelClosedError, PeerGoneError } from '../framing/index.js';

/**
 * An end that messages go into: open, then ending (nothing more is taken, what was accepted is written), then closed; or closed at once, by
 * `close` or since nobody reads any more.
 */
export abstract class WritingEnd implements Disposable, AsyncDisposable {
  /** Why nothing more can be sent. */
  protected failure: Error | undefined;
  /** The descriptor is closed, or somebody else's. */
  protected isClosed = false;
  #ending: Promise<void> | undefined;
  /** Tells who waits for the end that it failed. */
  #broken: ((error: Error) => void) | undefined;
  /** Whether somebody knows of the failure. */
  #wasTold = false;

  /** Calls back when all that was accepted is written, unless the end is closed before. */
  protected abstract whenWritten(call: () => void): void;

  /** Closes the descriptor. Whoever waits for room is told `error`; answers whether somebody did. */
  protected abstract release(error: Error): boolean;

  /**
   * Ends the channel: what was accepted is written, then the other side finds the end behind the last message; of a shared pipe behind
   * that of the last writer. Calling it again gives the same promise. Rejects with PeerGoneError when nobody reads any more, and
   * ChannelClosedError when it is closed meanwhile.
   */
  end(): Promise<void> {
    this.#ending ??= this.#end();
    // Who does not wait for the end does not want to know.
    this.#ending.catch(() => {});
    return this.#ending;
  }

  /**
   * Closes the end at once, with what the pipe takes without waiting. What else was accepted is dropped. Of a message that is cut off by that the
   * other side gets TruncatedMessageError; from a shared pipe it drops it, and is told MessageLostError when this process ends, unless the pipe
   * had room for the word. Closing again is fine.
   */
  close(): void {
    this.finish(new ChannelClosedError('closed'));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const wasTold = this.#wasTold;
    try {
      await this.end();
    } catch (error) {
      if (!wasTold) throw error;
    }
  }

  /** Nothing more can be sent, for this reason. */
  protected finish(error: Error): void {
    if (this.isClosed) return;
    this.isClosed = true;
    if (!this.failure || !(error instanceof ChannelClosedError)) this.failure = error;
    if (this.release(error)) this.#wasTold = true;
    this.#broken?.(error);
  }

  /** Nobody reads any more (undefined), or the system call failed. */
  protected break(error: Error | undefined): void {
    this.finish(error ?? new PeerGoneError());
  }

  /** What a `send` that comes too late gives. */
  protected refuse(error: Error): Promise<never> {
    this.#wasTold = true;
    const refused = Promise.reject(error);
    if (!(error instanceof ChannelClosedError)) refused.catch(() => {});
    return refused;
  }

  #end(): Promise<void> {
    if (this.failure) {
      // Closing what is closed is fine.
      return this.failure instanceof ChannelClosedError ? Promise.resolve() : this.refuse(this.failure);
    }
    this.failure = new ChannelClosedError('ended');
    return new Promise((resolve, reject) => {
      this.#broken = reject;
      this.whenWritten(() => {
        this.#broken = undefined;
        this.finish(new ChannelClosedError('ended'));
        resolve();
      });
    });
  }
}
