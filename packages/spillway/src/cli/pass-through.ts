/** Passes the command's output on to spillway's own stdout or stderr. */

import { setTimeout } from '../base/index.js';
import { write } from '../system/index.js';

/** The reader of spillway's stdout or stderr has closed it (EPIPE), as `head` does. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/**
 * A target that writes each chunk to a standard descriptor and settles when the chunk is written.
 *
 * `process.stdout` would make a pipe non-blocking, and every process with the same pipe shares O_NONBLOCK:
 * the rest of a pipeline, the shell's next command. Here the descriptor keeps its mode, and a thread of
 * libuv's pool waits for a slow reader.
 */
export function passTo(fd: number): (chunk: Buffer) => Promise<void> {
  return async (chunk) => {
    try {
      await writeAll(fd, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
      throw new ReaderGone('its output has no reader any more', { cause: error });
    }
  };
}

/** Writes all bytes; retries while the descriptor is non-blocking and full. */
export async function writeAll(fd: number, bytes: Buffer): Promise<void> {
  for (let rest = bytes; rest.length > 0; ) {
    try {
      rest = rest.subarray(await writeSome(fd, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // Another process made it non-blocking. It may be a file, which epoll refuses, so this polls by timer.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

function writeSome(fd: number, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, null, (error, count) => (error ? reject(error) : resolve(count)));
  });
}
