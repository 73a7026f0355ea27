/** The interface between a source of bytes and its reader. */

export interface Receiver {
  /** The bytes are valid only during the call. False: no more until `resume`. */
  chunk(view: Buffer): boolean;
  /** All bytes have come; `end` follows when it is known how the command that wrote them ended. */
  last(): void;
  /** It is over; `error`: some bytes could not be read, or their command failed. */
  end(error?: unknown): void;
}

export interface Feed {
  resume(): void;
  /**
   * Stops the feed: the receiver is not called afterwards. May come after `end`, from a reader that has not
   * read that far. `error`: the reader has not had enough, it cannot go on.
   */
  cancel(error?: unknown): void;
  /** Stops the feed, too, and gives back what the reader has not had; the source goes on without it. */
  release(unread: readonly Buffer[]): void;
}

/** Starts to feed a receiver; does not call it before returning. */
export type OpenFeed = (receiver: Receiver) => Feed;

/** An iterator that can let go of its stream. */
export interface StreamIterator<T> extends AsyncIterableIterator<T> {
  /**
   * Ends the iteration without ending the child: what was not read yet, and what follows, goes where it would
   * have gone without this reader. Leaving the loop afterwards changes nothing.
   */
  release(): void;
}
