/** How bytes are handed from whoever has them to the one who reads them. */

export interface Receiver {
  /** The bytes are valid only during the call. False: no more until `resume`. */
  chunk(view: Buffer): boolean;
  /** No chunk follows. With an error when the bytes could not all be had. */
  end(error?: unknown): void;
}

export interface Feed {
  resume(): void;
  /**
   * Nothing more is wanted; neither chunk nor end is called after it. May come after the end, from a reader
   * who has not read that far.
   */
  cancel(): void;
}

/** Starts handing the bytes to a receiver; never calls it before it has returned. */
export type OpenFeed = (receiver: Receiver) => Feed;
