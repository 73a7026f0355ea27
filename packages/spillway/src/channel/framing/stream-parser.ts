/**
 * The interface between the bytes of a pipe and a reader, which has a parser for each of two kinds of frames.
 */
import type { TruncatedMessageError } from './errors.js';
import type { MessageLostError } from './lost-message.js';

export interface FrameReceiver {
  /**
   * Frames that lie whole within a chunk: the body of frame i is from `bounds[2 * i]` up to `bounds[2 * i +
   * 1]`, and its header is the four bytes before it. The chunk is valid only during the call, and may be
   * written to.
   */
  inside(chunk: Buffer, bounds: readonly number[], count: number): void;
  /** A body that came in parts. The receiver may keep it. */
  assembled(body: Buffer): void;
}

/** A receiver that also gets the errors of lost messages, in their place among the others. */
export interface LossReceiver extends FrameReceiver {
  lost(error: MessageLostError): void;
}

export interface StreamParser {
  /** Whether a frame or message has begun and is not complete. */
  readonly isUnderWay: boolean;
  /**
   * Whether the receiver is being given frames right now. A caller's codec may run then, and may call
   * anything.
   */
  readonly isParsing: boolean;
  /** Bytes that one read may take at most. */
  readonly mostRead: number;
  /** Whether the next read should take no more than a header and a little. */
  readonly expectsLarge: boolean;
  /**
   * Takes the next bytes, which are valid only during the call. Throws for bytes that cannot be a frame,
   * after delivering the frames before them.
   */
  push(chunk: Buffer): void;
  /**
   * Memory that the next bytes may be read into, instead of being pushed; undefined when they should be
   * pushed.
   */
  target(most: number): Buffer | undefined;
  /** Whether that target takes the whole rest of the body. */
  isRest(target: Buffer): boolean;
  /** `count` bytes have been read into the `target`. */
  advance(count: number): void;
  /** The stream ends here. Returns the error for that; undefined between two frames. */
  truncation(): TruncatedMessageError | undefined;
}
