/**
 * A line at the bottom of the terminal of stderr; what this library prints stays above it. On a pipe, and on
 * a terminal without a cursor, there is none. The cursor waits at its beginning, where the program's own
 * output then begins.
 */
import { clipped, safe } from '../../base/index.js';

const CLEAR = '\x1b[2K';

/** The lines that are under way; the last one is shown. */
const texts = new Map<StatusLine, string>();

export class StatusLine {
  show(text: string): void {
    const { isTTY } = process.stderr;
    if (isTTY !== true || process.env.TERM === 'dumb') return;
    texts.set(this, safe(text));
    draw();
  }

  end(): void {
    if (!texts.delete(this)) return;
    process.stderr.write(CLEAR);
    draw();
  }
}

/** Prints above the line. */
export function above(print: () => unknown): void {
  if (texts.size > 0) process.stderr.write(CLEAR);
  print();
  draw();
}

function draw(): void {
  const text = [...texts.values()].at(-1);
  if (text === undefined) return;
  const columns = process.stderr.columns || 80;
  process.stderr.write(`${CLEAR}${clipped(text, columns - 1)}\r`);
}
