/** Files that a command writes, by the path that its user gave. */
import { constants } from 'node:fs';
import { exactPath } from '../base/index.js';
import { openSync } from '../system/index.js';
import { reasonOf } from './messages.js';
import { UsageError } from './usage-error.js';

/** Opens it for writing; `what`: the log, … Throws UsageError. */
export function openOutput(what: string, path: string, how: 'append' | 'anew'): number {
  try {
    return openSync(exactPath(path), outputFlags(how), 0o666);
  } catch (error) {
    const isUnread = (error as NodeJS.ErrnoException).code === 'ENXIO';
    const reason = isUnread ? 'it is a pipe without a reader' : reasonOf(error);
    throw new UsageError(`${what} ${path} cannot be opened: ${reason}`);
  }
}

/** Without O_NONBLOCK, opening a named pipe without a reader would block (fifo(7)). */
export function outputFlags(how: 'append' | 'anew'): number {
  const { O_WRONLY, O_CREAT, O_APPEND, O_TRUNC, O_NONBLOCK, O_NOCTTY } = constants;
  return O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY | (how === 'append' ? O_APPEND : O_TRUNC);
}
