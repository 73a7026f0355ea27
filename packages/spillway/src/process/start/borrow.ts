/**
 * Descriptors that the caller lends to children. A child needs a blocking one, and O_NONBLOCK belongs to the
 * open file, which both share: a socket that stayed blocking would later block the event loop here.
 */
import { bestEffort, isNonBlocking, makeNonBlocking } from '../../system/index.js';
import { problemOfPipes } from './backend.js';

/** By number, how many children have each that was non-blocking before. */
const lent = new Map<number, number>();

/** Call the result when the child has ended: with the last one, the descriptor is what it was. */
export function lend(fd: number): () => void {
  // The system's own calls are missing: then the descriptor's mode is left alone, too.
  if (problemOfPipes() !== undefined) return () => {};
  const users = lent.get(fd);
  if (users === undefined && !isNonBlocking(fd)) return () => {};
  lent.set(fd, (users ?? 0) + 1);
  return () => {
    const left = (lent.get(fd) ?? 1) - 1;
    if (left > 0) {
      lent.set(fd, left);
      return;
    }
    lent.delete(fd);
    // Closed meanwhile.
    bestEffort(() => makeNonBlocking(fd));
  };
}
