/** Spillway's own messages, on stderr. */
import { safeLines } from '../base/index.js';
import { signals, writeSync } from '../system/index.js';
import { dieOf } from './exit-status.js';

export function say(text: string): void {
  writeLine(2, safeLines(`spillway: ${text}`));
}

/** In place of Node's own listener, which writes to `process.stderr` (withhold-stderr.ts). */
export function tellWarnings(): void {
  // Without that listener none are wanted (NODE_NO_WARNINGS).
  if (process.listenerCount('warning') === 0) return;
  process.removeAllListeners('warning');
  process.on('warning', ({ message }) => say(`warning: ${message}`));
}

/** stdout cannot be written. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/**
 * Writes a result to stdout, however slowly it is read. Without a reader this process dies of SIGPIPE, as
 * other programs do. Throws OutputError.
 */
export function print(text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') pause();
      else if (code === 'EPIPE') dieOf(signals.SIGPIPE);
      else throw new OutputError(`stdout cannot be written: ${reasonOf(error)}`);
    }
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
}

/**
 * Writes to the descriptor itself. `process.stderr` makes a pipe non-blocking; the command and every other
 * writer share that flag, and few programs expect EAGAIN. Errors are ignored: a message about stderr has no
 * other place.
 */
export function writeLine(fd: number, line: string): void {
  let rest = Buffer.from(`${line}\n`);
  for (let patience = 100; rest.length > 0 && patience > 0; ) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      // Another process has made the descriptor non-blocking, and it is full.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      pause();
      patience--;
    }
  }
}

/** From Node's `ENOENT: no such file or directory, open '…'`: `no such file or directory (ENOENT)`. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return `${message.replace(/^\w+: /, '').replace(/, (?:open|write|mkdir)\b.*$/s, '')} (${code})`;
}
