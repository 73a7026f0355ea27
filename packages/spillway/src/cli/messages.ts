/** What spillway itself has to say, on stderr. */
import { writeSync } from 'node:fs';

/** One message for the person at the other end. */
export function say(text: string): void {
  writeLine(2, `spillway: ${text}`);
}

/**
 * Written to the descriptor itself. `process.stderr` would make a pipe non-blocking, which is shared with the command and with
 * everything else that writes to it, and few programs expect EAGAIN. When stderr is gone there is nobody to tell.
 */
export function writeLine(fd: number, line: string): void {
  let rest = Buffer.from(`${line}\n`);
  for (let patience = 100; rest.length > 0 && patience > 0; ) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      // Somebody else has made it non-blocking, and it is full.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      patience--;
    }
  }
}

/** The sentence in the middle of Node's `ENOENT: no such file or directory, open '…'`, and the code. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return `${message.replace(/^\w+: /, '').replace(/, (?:open|write)\b.*$/s, '')} (${code})`;
}
