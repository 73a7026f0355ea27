/** Output that passes through here on its way to our own stdout or stderr. */
import { write } from 'node:fs';

/** Whoever read our stdout or stderr has left (EPIPE), as `head` does. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/**
 * A target that writes to one of our standard descriptors and settles when it has taken all.
 *
 * `process.stdout` would make a pipe non-blocking, and O_NONBLOCK is shared with everything else that has the same pipe: the rest
 * of a pipeline, the shell's next command. Here the descriptor stays as it is, and a thread of libuv's pool waits for a slow reader.
 */
export function passTo(fd: number): (chunk: Buffer) => Promise<void> {
  return async (chunk) => {
    try {
      await writeAll(fd, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
      throw new ReaderGone('nobody reads its output any more', { cause: error });
    }
  };
}

/** Writes until all is written; waits where the descriptor is non-blocking and full. */
export async function writeAll(fd: number, bytes: Buffer): Promise<void> {
  for (let rest = bytes; rest.length > 0; ) {
    try {
      rest = rest.subarray(await writeSome(fd, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // No event loop can be asked about a descriptor that may be a file; somebody else has made it non-blocking.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

function writeSome(fd: number, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, (error, count) => (error ? reject(error) : resolve(count)));
  });
}
