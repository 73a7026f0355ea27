/** Spillway's own messages, on stderr. */
import { writeSync } from 'node:fs';

export function say(text: string): void {
  writeLine(2, `spillway: ${text}`);
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
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      patience--;
    }
  }
}

/** From Node's `ENOENT: no such file or directory, open '…'`: `no such file or directory (ENOENT)`. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return `${message.replace(/^\w+: /, '').replace(/, (?:open|write)\b.*$/s, '')} (${code})`;
}
