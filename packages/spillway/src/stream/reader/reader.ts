/** What reads a child's output, whatever is behind it: a pipe, a terminal, Node's own streams. */

export interface ReadHooks {
  /** The bytes are valid only during the call. False pauses until `resume`. */
  chunk(view: Buffer): boolean;
  /**
   * Nothing more is read: every writer has closed the pipe, or it has been drained. Not called after `close`.
   */
  end(): void;
}

export interface ByteReader {
  resume(): void;
  /** Whether something waits to be read. */
  readonly hasUnread: boolean;
  /** Of the pipe; undefined where it is none, or is closed. */
  readonly inode: number | undefined;
  /**
   * Passes on all that can be read now, without waiting; `end` follows. After the child's exit this is all
   * that it wrote: write(2) returns when the bytes are in the pipe, so nothing of the child's is still under
   * way.
   */
  drain(): void;
  /** A child that writes on gets EPIPE, or the signal SIGPIPE. */
  close(): void;
}

/** `mayEnlarge`: the caller has not chosen the pipe's capacity. The reader owns the descriptor. */
export type OpenReader = (fd: number, mayEnlarge: boolean, hooks: ReadHooks) => ByteReader;
