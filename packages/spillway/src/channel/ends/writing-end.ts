/** What the writers of both kinds of pipe have in common: how they end. */
import { poll } from '../../system/index.js';
import { ChannelClosedError, PeerGoneError } from '../framing/index.js';
import { type LinkedEnd, type PipeLink, whenNotPassedOn } from './link.js';

/**
 * An end that messages go into. It is open, then ending (it accepts no more, and writes what was accepted),
 * then closed; or closed at once, by `close` or because the channel has no reader left.
 */
export abstract class WritingEnd implements Disposable, AsyncDisposable, LinkedEnd {
  /** @internal */
  readonly access = 'w';
  protected readonly link: PipeLink | undefined;
  /** Why nothing more can be sent. */
  protected failure: Error | undefined;
  /** The descriptor is closed or given away. */
  protected isClosed = false;
  #ending: Promise<void> | undefined;
  /** Rejects the promise of `end`. */
  #broken: ((error: Error) => void) | undefined;
  /** Whether a call has already been rejected with the failure. */
  #wasTold = false;

  protected readonly descriptor: number;

  constructor(fd: number, link: PipeLink | undefined) {
    this.descriptor = fd;
    this.link = link;
    link?.opened(this);
  }

  /** Calls back when everything accepted is written, unless the end is closed before. */
  protected abstract whenWritten(call: () => void): void;

  /**
   * Closes the descriptor. Senders that wait for room are rejected with `error`. Returns whether there were
   * any.
   */
  protected abstract release(error: Error): boolean;

  /**
   * Ends the channel: writes what was accepted; then the other side finds the end behind the last message (in
   * a shared pipe, behind the last writer's). Calling it again returns the same promise. Rejects with
   * PeerGoneError when the channel has no reader left, and with ChannelClosedError when it is closed
   * meanwhile.
   */
  end(): Promise<void> {
    this.#ending ??= this.#end();
    // A caller that ignores the promise gets no unhandled rejection.
    this.#ending.catch(() => {});
    return this.#ending;
  }

  /**
   * Closes the end at once, after writing what the pipe takes without waiting. Other accepted messages are
   * dropped. A message that is cut off gives the other side a TruncatedMessageError. In a shared pipe the
   * reader drops it: silently if the pipe had room for a withdrawal, otherwise with MessageLostError when
   * this process ends. Closing again is fine.
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
    this.link?.closed(this);
    if (!this.failure || !(error instanceof ChannelClosedError)) this.failure = error;
    if (this.release(error)) this.#wasTold = true;
    this.#broken?.(error);
  }

  /** @internal */
  orphaned(how: string, isPassedOn: () => boolean): void {
    // Without any reader the next write finds that out.
    const isOver = () => this.isClosed || (poll([{ fd: this.descriptor, for: 'hang-up' }], 0)?.[0] ?? false);
    const end = () => {
      // What is in the pipe is lost, as where no reader is left: no error at the end of a scope.
      this.#wasTold = true;
      this.finish(new PeerGoneError(how));
    };
    if (!isOver()) whenNotPassedOn(isPassedOn, isOver, end);
  }

  /** The channel has no reader left (undefined), or the system call failed. */
  protected break(error: Error | undefined): void {
    this.finish(error ?? new PeerGoneError());
  }

  /** The result of a `send` after the end. */
  protected refuse(error: Error): Promise<never> {
    this.#wasTold = true;
    const refused = Promise.reject(error);
    if (!(error instanceof ChannelClosedError)) refused.catch(() => {});
    return refused;
  }

  #end(): Promise<void> {
    if (this.failure) {
      // Ending a closed channel is fine.
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
