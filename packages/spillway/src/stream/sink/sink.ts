/** The interface of a stream's destinations. */

/** Unfinished work in a loop without promises: calls one of the two later, once. */
export interface Pending {
  whenSettled(done: () => void, failed: (error: unknown) => void): void;
}

/** Takes a stream's bytes. */
export interface Taker {
  /**
   * The bytes are valid only during the call. A promise pauses the stream until it settles; a rejection fails
   * the run.
   */
  write(view: Buffer): void | Promise<void> | Pending;
  /** Writes out what is buffered; called after the last write. */
  end(): void | Promise<void> | Pending;
}

export interface Sink extends Taker {
  /** Calls `failed` when the receiver fails or goes while no write is under way; called once. */
  whenGone(failed: (error: unknown) => void): void;
  /** The command is over, and nothing waits for this sink any more: gives up what it holds. */
  release(): void;
}

/** A sink that buffers nothing, cannot go, and holds nothing. */
export abstract class SimpleSink implements Sink {
  abstract write(view: Buffer): void | Promise<void>;
  end(): void | Promise<void> {}
  whenGone(): void {}
  release(): void {}
}

/** A sink that hands the bytes to one reader, at the reader's pace. */
export interface LiveSink extends Taker {
  /** The pipe is about to be closed: accepts the rest of it without waiting for the reader. */
  acceptAll(): void;
}
