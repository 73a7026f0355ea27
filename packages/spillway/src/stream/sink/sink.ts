/** The interface of a stream's destinations. */

/** Unfinished work in a loop without promises: calls one of the two later, once. */
export interface Pending {
  whenSettled(done: () => void, failed: (error: unknown) => void): void;
}

export interface Sink {
  /**
   * The bytes are valid only during the call. A promise pauses the stream until it settles; a rejection fails
   * the run.
   */
  write(view: Buffer): void | Promise<void> | Pending;
  /** Writes out what is buffered; called after the last write. */
  end?(): void | Promise<void> | Pending;
}

/** A sink that hands the bytes to one reader, at the reader's pace. */
export interface LiveSink extends Sink {
  /** The pipe is about to be closed: accepts the rest of it without waiting for the reader. */
  acceptAll(): void;
}
