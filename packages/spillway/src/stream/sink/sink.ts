/** Where the bytes of a stream go. */

/** What is not done yet, in a loop without promises: calls one of the two when it is, later and once. */
export interface Pending {
  whenSettled(done: () => void, failed: (error: unknown) => void): void;
}

export interface Sink {
  /**
   * The bytes are valid only during the call. A promise pauses the stream until it settles; its rejection
   * fails the run.
   */
  write(view: Buffer): void | Promise<void> | Pending;
  /** After the last write: what is buffered goes where it belongs. */
  end?(): void | Promise<void> | Pending;
}

/** A sink that hands the bytes to one reader, at the reader's pace. */
export interface LiveSink extends Sink {
  /** The pipe is about to be closed: what it holds is taken without waiting for the reader. */
  acceptAll(): void;
}
