/** The read end of a pipe. */

import { OptionError, ownProperties, requireBytes } from '../base/index.js';
import { errnoOf, readSome, SystemError } from '../system/index.js';
import { type EndOptions, PipeEnd } from './pipe-end.js';

/** The outcome of a read. */
export type ReadOutcome =
  /** These bytes came; never empty. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** The pipe is empty, and a writer is left. */
  | { readonly kind: 'would-block' }
  /** The pipe is empty, and no writer is left: no byte will ever come. */
  | { readonly kind: 'end' };

const WOULD_BLOCK: ReadOutcome = { kind: 'would-block' };
const END: ReadOutcome = { kind: 'end' };

/** The default of `EndOptions.maxRead`. */
export const MAX_READ = 65536;

/**
 * The read end of a pipe. It closes itself at the end of a `using` scope.
 *
 * `new ReadEnd(fd)` takes over the descriptor of a pipe that this process has inherited.
 */
export class ReadEnd extends PipeEnd implements Disposable {
  /** Bytes that one read takes at most. */
  readonly maxRead: number;
  readonly #blocking: boolean;

  /** Errors: OptionError; SystemError with the code EBADF when `fd` is not open. */
  constructor(fd: number, options: EndOptions = {}) {
    const { blocking, maxRead } = ownProperties(options);
    super(fd, 'r', blocking);
    this.#blocking = blocking ?? false;
    this.maxRead = requireBytes('maxRead', maxRead, 1, 2 ** 31 - 1) ?? MAX_READ;
  }

  /**
   * Reads once, at most `maxRead` bytes: what is there, without waiting for more. With `into`, the bytes are
   * the beginning of `into`; otherwise they are a new buffer. Errors: PipeEndError.
   */
  read(into?: Uint8Array): ReadOutcome {
    const fd = this.descriptor;
    if (into?.length === 0) throw new OptionError('into', into, 'room for one byte at least');
    const room = into ?? Buffer.allocUnsafeSlow(this.#roomFor(this.available));
    const count = readSome(fd, room, Math.min(room.length, this.maxRead));
    if (count > 0) return { kind: 'bytes', bytes: Buffer.from(room.buffer, room.byteOffset, count) };
    if (count === 0) return END;
    if (count === -errnoOf.EAGAIN) return WOULD_BLOCK;
    throw new SystemError('read', -count, `reading from descriptor ${fd}`);
  }

  #roomFor(available: number): number {
    // An empty pipe is read only to learn its state, unless the read waits for bytes.
    return Math.min(this.maxRead, available > 0 ? available : this.#blocking ? MAX_READ : 1);
  }
}
