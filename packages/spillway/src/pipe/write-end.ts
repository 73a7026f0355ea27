/** The write end of a pipe. */
import { ownProperties } from '../base/index.js';
import { errnoOf, platform, SystemError, writeSome } from '../system/index.js';
import { type EndOptions, PipeEnd } from './pipe-end.js';

/** The outcome of a write. */
export type WriteOutcome =
  /** The first `count` bytes are in the pipe; possibly fewer than were given. */
  | { readonly kind: 'bytes'; readonly count: number }
  /** The pipe has no room, or not enough for an atomic write: nothing was written. */
  | { readonly kind: 'would-block' }
  /** No reader is left (EPIPE): nothing was written, and nothing ever can be. */
  | { readonly kind: 'broken' };

const WOULD_BLOCK: WriteOutcome = { kind: 'would-block' };
const BROKEN: WriteOutcome = { kind: 'broken' };

/**
 * The largest write that other writers' bytes cannot split: 4,096 bytes on Linux, 512 on macOS (pipe(7)). It
 * is unrelated to the pipe's capacity.
 */
export const PIPE_BUF = platform?.PIPE_BUF ?? 512;

/**
 * `writeAtomic` was called with more than PIPE_BUF bytes, which the kernel may mix with other writers' bytes.
 * Nothing was written.
 */
export class AtomicWriteError extends RangeError {
  override readonly name = 'AtomicWriteError';
  readonly code = 'ERR_PIPE_ATOMIC_SIZE';

  constructor(readonly bytes: number) {
    super(
      `${bytes} bytes cannot be written in one piece: the limit is PIPE_BUF, ${PIPE_BUF} bytes; ` +
        'split them, or use write() if the pipe has no other writer',
    );
  }
}

/**
 * The write end of a pipe. It closes itself at the end of a `using` scope.
 *
 * `new WriteEnd(fd)` takes over the descriptor of a pipe that this process has inherited.
 */
export class WriteEnd extends PipeEnd implements Disposable {
  /** Errors: OptionError; SystemError with the code EBADF when `fd` is not open. */
  constructor(fd: number, options: Pick<EndOptions, 'blocking'> = {}) {
    super(fd, 'w', ownProperties(options).blocking);
  }

  /**
   * Writes once, as many of the bytes as there is room for; with `blocking` all of them. Of an empty array,
   * nothing is written. More than PIPE_BUF bytes may be mixed with the bytes of other writers to the same
   * pipe. Errors: PipeEndError.
   */
  write(bytes: Uint8Array): WriteOutcome {
    const fd = this.descriptor;
    const count = writeSome(fd, bytes, bytes.length);
    if (count >= 0) return { kind: 'bytes', count };
    if (count === -errnoOf.EAGAIN) return WOULD_BLOCK;
    if (count === -errnoOf.EPIPE) return BROKEN;
    throw new SystemError('write', -count, `writing to descriptor ${fd}`);
  }

  /**
   * Writes all of the bytes or none, in one piece: no other writer's byte comes between them (POSIX,
   * write(2)). Errors: AtomicWriteError above PIPE_BUF bytes, PipeEndError.
   */
  writeAtomic(bytes: Uint8Array): WriteOutcome {
    if (bytes.length > PIPE_BUF) throw new AtomicWriteError(bytes.length);
    return this.write(bytes);
  }
}
