/** `child.stdin` in the hands of the caller: a source that breaks off is told apart from one that ends. */
import type { Writable } from 'node:stream';

/** What a write to a child reports that has closed its stdin, or exited. */
const READER_GONE = new Set(['EPIPE', 'ECONNRESET', 'ENOTCONN', 'ECANCELED', 'EIO']);

/**
 * Calls `failed` before the stream is destroyed with an error, as `stream.pipeline` does when its source
 * fails: the child must not take the early end for the end of its input. `destroy()` alone is leaving.
 */
export function reportBreak(stdin: Writable, failed: (error: unknown) => void): void {
  const { destroy } = stdin;
  stdin.destroy = (error?: Error) => {
    if (error && !stdin.destroyed && !isReaderGone(error)) failed(error);
    return destroy.call(stdin, error);
  };
}

function isReaderGone({ code, syscall }: NodeJS.ErrnoException): boolean {
  return syscall === 'write' && code !== undefined && READER_GONE.has(code);
}
