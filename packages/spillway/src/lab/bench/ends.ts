/** Ends of pipes, and the outcomes of calls on them in the words of the manual pages. */
import {
  createPipe,
  type ReadEnd,
  type ReadOutcome,
  type WriteEnd,
  type WriteOutcome,
} from '../../pipe/index.js';
import { SystemError } from '../../system/index.js';
import { CannotRun } from '../notes.js';

export function readWord(outcome: ReadOutcome): string {
  if (outcome.kind === 'bytes') return `${outcome.bytes.length} bytes`;
  return outcome.kind === 'end' ? '0 (end of file)' : 'EAGAIN';
}

export function writeWord(outcome: WriteOutcome): string {
  if (outcome.kind === 'bytes') return `${outcome.count} bytes`;
  return outcome.kind === 'broken' ? 'EPIPE' : 'EAGAIN';
}

/** Writes pieces of this size until a write fails, and counts the bytes. Not for a blocking end. */
export function fill(writer: WriteEnd, size: number): number {
  const piece = Buffer.alloc(size, 'x');
  let total = 0;
  for (;;) {
    const outcome = writer.write(piece);
    if (outcome.kind !== 'bytes') return total;
    total += outcome.count;
  }
}

/** Reads all that is there, and counts the bytes. Not for a blocking end. */
export function drain(reader: ReadEnd): number {
  let total = 0;
  for (;;) {
    const outcome = reader.read();
    if (outcome.kind !== 'bytes') return total;
    total += outcome.bytes.length;
  }
}

/** The result of a call as text, or the code of its SystemError. */
export function resultOf(call: () => string | number): string | number {
  try {
    return call();
  } catch (error) {
    if (error instanceof SystemError) return error.code;
    throw error;
  }
}

/**
 * Throws CannotRun where the capacity of a pipe may not be set to what any user may have: a filter on system
 * calls refuses it with the same EPERM as the kernel's own limits.
 */
export function requireSettable(bytes = 65_536): void {
  const { reader, writer } = createPipe();
  try {
    if (reader.capacity === undefined)
      throw new CannotRun('pipes of this system have one size (F_SETPIPE_SZ is of Linux)');
    const result = resultOf(() => reader.setCapacity(bytes));
    if (typeof result === 'string')
      throw new CannotRun(`a capacity of ${bytes} bytes is refused here: ${result}`);
  } finally {
    reader.close();
    writer.close();
  }
}
