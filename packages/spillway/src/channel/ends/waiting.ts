/** Waiting for a channel, and giving up when the time is up or a signal is aborted. */
import {
  Deadline,
  type Duration,
  onAbort,
  requireAbortSignal,
  requireDuration,
  requireNames,
} from '../../base/index.js';

/** How long a `send` or `receive` may take. */
export interface WaitOptions {
  /** Milliseconds, or text such as `'5s'`; 0: only what needs no waiting. Default: no timeout. */
  readonly timeout?: Duration | undefined;
  /** Ends the wait; the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What ends a wait early: at least one of a finite timeout and a signal. */
export interface Cancellation {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Undefined when nothing ends the wait early. Throws OptionError. */
export function cancellationFrom(options: WaitOptions | undefined): Cancellation | undefined {
  if (options === undefined) return undefined;
  const own = requireNames('options', options, ['timeout', 'signal']);
  const timeoutMs = requireDuration('timeout', own.timeout) ?? Number.POSITIVE_INFINITY;
  const signal = requireAbortSignal('signal', own.signal);
  return signal === undefined && timeoutMs === Number.POSITIVE_INFINITY ? undefined : { timeoutMs, signal };
}

/**
 * Calls `giveUp` once: with `timedOut()` when the time is up, or with the signal's reason. Returns a function
 * that stops the timer and the listening.
 */
export function onCancellation(
  { timeoutMs, signal }: Cancellation,
  timedOut: () => Error,
  giveUp: (error: unknown) => void,
): () => void {
  const deadline = new Deadline(timeoutMs, () => {
    stop();
    giveUp(timedOut());
  });
  const abort = () => {
    stop();
    giveUp(signal?.reason);
  };
  const stop = () => {
    deadline.cancel();
    stopListening?.();
  };
  const stopListening = signal && onAbort(signal, abort);
  return stop;
}
