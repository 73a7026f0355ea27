/** Calls a function again until it succeeds. */
import {
  Deadline,
  type Duration,
  OptionError,
  onAbort,
  ownProperties,
  requireAbortSignal,
  requireCount,
  requireDuration,
  requireNames,
} from '../base/index.js';

export interface RetryOptions {
  /** How many times it is called at most, from 1; Infinity. Default: 3. */
  readonly times?: number | undefined;
  /** The wait before the second call; each further wait is twice as long. Default: 100 ms. */
  readonly delay?: Duration | undefined;
  /** The longest wait. Default: 30 s. */
  readonly maxDelay?: Duration | undefined;
  /**
   * Whether each wait is shortened at random, to half of it at least, so that programs that failed at the
   * same time do not try again at the same time. Default: true.
   */
  readonly jitter?: boolean | undefined;
  /**
   * Whether an error is worth another call; `attempt` counts from 1. Default: each is, but those of a mistake
   * in the call itself: an OptionError, a template that cannot be taken apart.
   */
  readonly when?: ((error: unknown, attempt: number) => boolean | PromiseLike<boolean>) | undefined;
  /** When it is aborted, no further call is made. The commands need it, too. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls `call` until it succeeds, and gives what it gives. Between the calls it waits, longer each time.
 *
 * @param options How many times in all, or more options.
 * @param call Gets the number of the attempt, from 1.
 * @throws the last error, as it is; the signal's reason when it was aborted in between; OptionError.
 *
 * @example
 * await retry(5, () => $({ timeout: '30s' })`curl -fsS ${url} -o ${file}`);
 */
export async function retry<T>(
  options: number | RetryOptions,
  call: (attempt: number) => T | PromiseLike<T>,
): Promise<T> {
  const { times, delay, maxDelay, jitter, when, signal } = requireRetry(options, call);
  signal?.throwIfAborted();
  for (let attempt = 1; ; attempt++) {
    try {
      return await call(attempt);
    } catch (error) {
      if (attempt >= times || signal?.aborted || !(await when(error, attempt))) throw error;
    }
    const longest = Math.min(delay * 2 ** (attempt - 1), maxDelay);
    await wait(jitter ? longest * (1 - Math.random() / 2) : longest, signal);
  }
}

const MISTAKES: readonly unknown[] = ['ERR_INVALID_ARG_VALUE', 'ERR_TEMPLATE_SYNTAX'];

function requireRetry(given: number | RetryOptions, call: unknown) {
  const own: RetryOptions =
    typeof given === 'number'
      ? ownProperties({ times: given })
      : requireNames('options', given, ['times', 'delay', 'maxDelay', 'jitter', 'when', 'signal']);
  const { times: most = 3, jitter = true } = own;
  const { when = (error: unknown) => !MISTAKES.includes((error as { code?: unknown } | null)?.code) } = own;
  const times = requireCount('times', most);
  if (typeof jitter !== 'boolean') throw new OptionError('jitter', jitter, 'true or false');
  if (typeof when !== 'function') throw new OptionError('when', when, 'a function');
  if (typeof call !== 'function') throw new OptionError('call', call, 'a function');
  const signal = requireAbortSignal('signal', own.signal);
  const delay = requireDuration('delay', own.delay) ?? 100;
  return {
    times,
    delay,
    maxDelay: requireDuration('maxDelay', own.maxDelay) ?? 30_000,
    jitter,
    when,
    signal,
  };
}

/** Rejects with the signal's reason. */
function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    let forget = () => {};
    const deadline = new Deadline(ms, () => {
      forget();
      resolve();
    });
    if (!signal) return;
    const aborted = () => {
      deadline.cancel();
      reject(signal.reason);
    };
    forget = onAbort(signal, aborted);
    if (signal.aborted) aborted();
  });
}
