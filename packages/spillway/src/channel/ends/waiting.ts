/** Those who wait for something of a channel, first come, first served; each may give up. */
import {
  Deadline,
  type Duration,
  OptionError,
  onAbort,
  requireDuration,
  requireNames,
} from '../../base/index.js';

/** How long a `send` or `receive` may take. */
export interface WaitOptions {
  /** Milliseconds, or text such as `'5s'`; 0 for what can be had at once. Default: none. */
  readonly timeout?: Duration | undefined;
  /** Ends the waiting; the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface Bounds {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Undefined when there is no bound. Throws OptionError. */
export function boundsFrom(options: WaitOptions | undefined): Bounds | undefined {
  if (options === undefined) return undefined;
  requireNames('options', options, ['timeout', 'signal']);
  const { signal } = options;
  const timeoutMs = requireDuration('timeout', options.timeout) ?? Number.POSITIVE_INFINITY;
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new OptionError('signal', signal, 'an AbortSignal');
  return signal === undefined && timeoutMs === Number.POSITIVE_INFINITY ? undefined : { timeoutMs, signal };
}

export interface Waiter<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** Called when one gives up, with what it is to be rejected with. */
type GiveUp = (error: unknown) => void;

/**
 * Bounds a wait: calls `giveUp` once, with `late()` when the time is up or with the signal's reason. Returns what ends the bound.
 */
export function bound({ timeoutMs, signal }: Bounds, late: () => Error, giveUp: GiveUp): () => void {
  const deadline = new Deadline(timeoutMs, () => {
    stop();
    giveUp(late());
  });
  const abort = () => {
    stop();
    giveUp(signal?.reason);
  };
  const stop = () => {
    deadline.cancel();
    deafen?.();
  };
  const deafen = signal && onAbort(signal, abort);
  return stop;
}
