/** The interface for reading a child's output, from a pipe, a terminal or Node's streams. */

export interface ReadHooks {
  /** The bytes are valid only during the call. False pauses until `resume`. */
  chunk(view: Buffer): boolean;
  /** The stream has ended: every writer has closed the pipe, or `drain` is done. Not called after `close`. */
  end(): void;
}

export interface ByteReader {
  resume(): void;
  /** Whether bytes are ready to be read. */
  readonly hasUnread: boolean;
  /** The open pipe, and whether a process has its write end; undefined for other sources. */
  readonly pipe: { inode: number; isHeld: boolean } | undefined;
  /**
   * Passes on all that can be read now, without waiting; `end` follows. After the child's exit this is all of
   * its output: write(2) returns only when the bytes are in the pipe.
   */
  drain(): void;
  /** It no longer holds the event loop. */
  unref(): void;
  /** A child that goes on writing gets SIGPIPE, or EPIPE, unless the reader is held. */
  close(): void;
  /** Keeps the stream open beyond `close`, unread, so that what still writes to it is not killed by that. */
  hold(): void;
  /** Closes what was held. */
  letGo(): void;
}

/** `mayEnlarge`: the caller has not chosen the pipe's capacity. The reader owns the descriptor. */
export type OpenReader = (fd: number, mayEnlarge: boolean, hooks: ReadHooks) => ByteReader;
