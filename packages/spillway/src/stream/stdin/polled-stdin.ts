/** Writes a child's stdin in a private poll(2) loop, while Node's event loop is blocked. */
import {
  closeDescriptor,
  closeSync,
  makeNonBlocking,
  type PollLoop,
  readSync,
  type Watch,
  writeSync,
} from '../../system/index.js';
import { batches, quietly } from './pieces.js';
import { encoded, type InputData, NamedPipeSource } from './source.js';
import type { StdinPipe } from './stdin.js';

/** A blocked source: the next piece, undefined at the end, or `'later'`: it calls `ready` then. */
interface PolledSource {
  next(): Uint8Array | undefined | 'later';
  close(): void;
}

/** Writes when the pipe has room; closes it when all is written or no reader is left (EPIPE, no error). */
export function feedPolled(
  loop: PollLoop,
  fd: number,
  data: InputData | NamedPipeSource,
  failed: (error: unknown) => void,
): StdinPipe {
  let piece: Uint8Array = new Uint8Array(0);
  let isOpen = true;
  let watch: Watch | undefined;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    watch?.stop();
    source.close();
    closeDescriptor(fd);
  };
  const pause = () => {
    watch?.stop();
    watch = undefined;
  };
  const write = () => {
    try {
      while (isOpen) {
        if (piece.length === 0) {
          const next = source.next();
          if (next === 'later') pause();
          else if (next === undefined) close();
          else piece = next;
          if (next === 'later') return;
          continue;
        }
        piece = piece.subarray(writeSync(fd, piece));
        // One piece a turn, so that a source without end does not keep the loop from its timers.
        if (piece.length === 0 && !(data instanceof NamedPipeSource) && !isWhole) break;
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') {
        watch ??= loop.watch(fd, 'writing', write);
        return;
      }
      // Report before the pipe closes: otherwise the child might take it for the end of its input.
      if (code !== 'EPIPE') failed(error);
      close();
    }
    if (isOpen) watch ??= loop.watch(fd, 'writing', write);
  };
  const isWhole = encoded(data) !== undefined;
  const source =
    data instanceof NamedPipeSource ? namedPipe(loop, data.fd, write) : iterated(data as InputData);
  makeNonBlocking(fd);
  // At once, since most inputs fit into the empty pipe.
  write();
  return { close };
}

function iterated(data: InputData): PolledSource {
  const whole = encoded(data);
  const iterator = whole ? [whole].values() : batches(data as Iterable<unknown>);
  return {
    next: () => {
      const { done, value } = iterator.next();
      return done ? undefined : value;
    },
    close: () => quietly(() => iterator.return?.()),
  };
}

/** Before the first writer poll(2) reports nothing; after the last one, a read gives the end. */
function namedPipe(loop: PollLoop, fd: number, ready: () => void): PolledSource {
  const buffer = Buffer.allocUnsafe(65_536);
  let canRead = false;
  const watch = () =>
    loop.watch(fd, 'reading', () => {
      waiting?.stop();
      waiting = undefined;
      canRead = true;
      ready();
    });
  let waiting: Watch | undefined = watch();
  return {
    next() {
      if (!canRead) return 'later';
      canRead = false;
      waiting = watch();
      const count = readSync(fd, buffer);
      return count === 0 ? undefined : buffer.subarray(0, count);
    },
    close() {
      waiting?.stop();
      closeSync(fd);
    },
  };
}
