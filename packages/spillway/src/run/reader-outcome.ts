/** How long the reader of a stream waits, after its end, to hear how the command ended. */
import type { Writable } from 'node:stream';
import type { Timers } from '../base/index.js';

/** Between the end of its output and its exit a program has little to do. */
const PATIENCE_MS = 1000;

/**
 * The outcome; but a command that has closed its output and runs on, with a stdin that the caller holds open,
 * may wait for what the caller writes after the loop. Then the loop ends after a second without an outcome.
 */
export function outcomeForReader(
  outcome: Promise<unknown>,
  stdin: Writable | undefined,
  timers: Timers,
): Promise<unknown> {
  if (!stdin || stdin.writableEnded || stdin.destroyed) return outcome;
  return new Promise((resolve) => {
    const timer = timers.after(PATIENCE_MS, () => resolve(undefined));
    outcome.then((error) => {
      timer.cancel();
      resolve(error);
    });
  });
}
