/** Writes a child's stdin in a private poll(2) loop, while Node's event loop is blocked. */
import { writeSync } from 'node:fs';
import { closeDescriptor, makeNonBlocking, type PollLoop } from '../../system/index.js';
import type { StdinPipe } from './stdin.js';

/** Writes when the pipe has room; closes it when all is written or no reader is left (EPIPE, no error). */
export function feedPolled(
  loop: PollLoop,
  fd: number,
  source: string | Uint8Array,
  failed: (error: unknown) => void,
): StdinPipe {
  const bytes = typeof source === 'string' ? Buffer.from(source) : source;
  let at = 0;
  let isOpen = true;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    watch.stop();
    closeDescriptor(fd);
  };
  const write = () => {
    try {
      if (at < bytes.length) at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') return;
      at = bytes.length;
      if (code !== 'EPIPE') failed(error);
    }
    if (at === bytes.length) close();
  };
  makeNonBlocking(fd);
  const watch = loop.watch(fd, 'writing', write);
  // At once, since most inputs fit into the empty pipe.
  write();
  return { close };
}
