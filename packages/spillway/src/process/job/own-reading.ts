/**
 * This program's own reading of the terminal, which stands still while a child has it. The kernel stops a
 * background group that reads: a program that waits at a prompt of its own would stop at the child's first
 * key.
 */
import type { ReadStream } from 'node:tty';

/** Pauses it. Returns a function that goes on. */
export function pauseOwnReading(): () => void {
  // Looking at process.stdin makes a stream where there is none; a stream that reads is an active resource.
  if (!process.getActiveResourcesInfo().includes('TTYWrap')) return () => {};
  const stdin = process.stdin as ReadStream;
  if (!stdin.isTTY || stdin.readableFlowing !== true) return () => {};
  // A prompt of this program's may read key by key; the child expects lines.
  const { isRaw } = stdin;
  if (isRaw) stdin.setRawMode(false);
  stdin.pause();
  return () => {
    if (isRaw) stdin.setRawMode(true);
    stdin.resume();
  };
}
