/** What stands between the bytes of a pipe and the messages of a reader: two kinds of frames, one kind of reader. */
import type { TruncatedMessageError } from './errors.js';
import type { MessageLostError } from './lost-message.js';

export interface FrameReceiver {
  /**
   * Frames that lie whole within a chunk: the body of frame i is from `bounds[2 * i]` up to `bounds[2 * i + 1]`, and its header the four
   * bytes before it. The chunk is valid only during the call, and may be written to.
   */
  inside(chunk: Buffer, bounds: readonly number[], count: number): void;
  /** A body that came in parts. The memory is the receiver's to keep. */
  assembled(body: Buffer): void;
}

/** One that is also told of messages that are lost, in their place among those that are not. */
export interface LossReceiver extends FrameReceiver {
  lost(error: MessageLostError): void;
}

export interface StreamParser {
  /** Whether something has begun and is not complete. */
  readonly isUnderWay: boolean;
  /** Whether somebody is being given frames right now. What belongs to the codec of a caller may run then, and call anything. */
  readonly isParsing: boolean;
  /** Bytes that one read may take at most. */
  readonly mostRead: number;
  /** Whether the next read should take no more than a header and a little. */
  readonly expectsLarge: boolean;
  /** What comes next; valid only during the call. Throws for what cannot be a frame, after what comes before it has been delivered. */
  push(chunk: Buffer): void;
  /** Where the next bytes may be read to directly, instead of being pushed; undefined when they should be pushed. */
  target(most: number): Buffer | undefined;
  /** Whether that target takes all that is missing of the body. */
  isRest(target: Buffer): boolean;
  /** So many bytes have been read to the `target`. */
  advance(count: number): void;
  /** The stream ends here. The error that this is; undefined between two frames. */
  truncation(): TruncatedMessageError | undefined;
}
