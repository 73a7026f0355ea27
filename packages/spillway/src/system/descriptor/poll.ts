/** poll(2): sleeps until one of several descriptors can be read or written, or a time has passed. */
import { bind, check, errnoOf, lastErrno } from '../libc/index.js';

const pollCall = bind<(fds: Uint8Array, count: number, timeout: number) => number>(
  'int poll(void *fds, unsigned long count, int timeout)',
);

/** One descriptor, and the event to wait for. */
export interface PollRequest {
  readonly fd: number;
  /**
   * `'hang-up'`: the other end is closed (POLLHUP of a terminal and of a socket, POLLERR of a pipe's write
   * end).
   */
  readonly for: 'reading' | 'writing' | 'hang-up';
}

/** POLLIN and POLLOUT. The kernel reports POLLHUP and POLLERR unasked. */
const EVENTS = { reading: 1, writing: 4, 'hang-up': 0 } as const;

/** struct pollfd: an int, and two shorts for the requested and the returned events. */
const ENTRY_BYTES = 8;
let bytes = new Uint8Array(16 * ENTRY_BYTES);
let entries = new DataView(bytes.buffer);

/**
 * Sleeps until at least one descriptor is ready, at most `timeoutMs` milliseconds: a whole number up to 2^31
 * - 1, or -1 for no limit.
 *
 * Returns, for each descriptor in order, whether a read or write would not block: because it would succeed,
 * or because it would fail at once (POLLHUP, POLLERR, POLLNVAL); for `'hang-up'` only the latter. Undefined
 * when a signal ended the sleep (EINTR); its handler may have run. Errors: EINVAL for more descriptors than
 * RLIMIT_NOFILE allows; ENOMEM.
 */
export function poll(requests: readonly PollRequest[], timeoutMs: number): boolean[] | undefined {
  if (entries.byteLength < requests.length * ENTRY_BYTES) {
    bytes = new Uint8Array(2 * requests.length * ENTRY_BYTES);
    entries = new DataView(bytes.buffer);
  }
  for (const [index, { fd, for: purpose }] of requests.entries()) {
    entries.setInt32(index * ENTRY_BYTES, fd, true);
    entries.setInt16(index * ENTRY_BYTES + 4, EVENTS[purpose], true);
    entries.setInt16(index * ENTRY_BYTES + 6, 0, true);
  }
  const result = pollCall(bytes, requests.length, timeoutMs);
  if (result === -1 && lastErrno() === errnoOf.EINTR) return undefined;
  check(result, 'poll', `waiting for ${requests.length} descriptors`);
  return requests.map((_, index) => entries.getInt16(index * ENTRY_BYTES + 6, true) !== 0);
}

/** Whether a write of at most PIPE_BUF bytes returns at once, even if with an error. */
export function canWriteAtOnce(fd: number): boolean {
  return poll([{ fd, for: 'writing' }], 0)?.[0] ?? false;
}
