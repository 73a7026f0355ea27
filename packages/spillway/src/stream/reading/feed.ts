/** The interface between a source of bytes and its reader. */

export interface Receiver {
  /** The bytes are valid only during the call. False: no more until `resume`. */
  chunk(view: Buffer): boolean;
  /** No chunk follows; `error`: some bytes could not be read. */
  end(error?: unknown): void;
}

export interface Feed {
  resume(): void;
  /**
   * Stops the feed: neither `chunk` nor `end` is called afterwards. May come after `end`, from a reader that
   * has not read that far.
   */
  cancel(): void;
}

/** Starts to feed a receiver; does not call it before returning. */
export type OpenFeed = (receiver: Receiver) => Feed;
