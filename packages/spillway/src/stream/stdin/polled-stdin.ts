/** Writes a child's stdin in a loop of our own on poll(2), while Node's event loop stands still. */
import { writeSync } from 'node:fs';
import { closeDescriptor, makeNonBlocking, type PollLoop } from '../../system/index.js';
import type { StdinPipe } from './stdin.js';

/**
 * Writes whenever the pipe has room, and closes it when all is written or nobody reads any more (EPIPE),
 * which is no error.
 */
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
  // The pipe is empty: most inputs fit at once.
  write();
  return { close };
}
