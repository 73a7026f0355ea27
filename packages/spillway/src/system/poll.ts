/** poll(2), to ask and not to wait. */
import { bind } from './libc.js';

const poll = bind<(set: Uint8Array, count: number, timeout: number) => number>(
  'int poll(void *set, unsigned long count, int timeout)',
);

const POLLOUT = 4;
/** Offset of `revents` in struct pollfd. */
const REVENTS = 6;

/** Whether a write of at most PIPE_BUF bytes returns at once, be it with an error. */
export function canWriteAtOnce(fd: number): boolean {
  const entry = new DataView(new ArrayBuffer(8));
  entry.setInt32(0, fd, true);
  entry.setInt16(4, POLLOUT, true);
  return poll(new Uint8Array(entry.buffer), 1, 0) > 0 && entry.getInt16(REVENTS, true) !== 0;
}
