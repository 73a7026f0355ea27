/** Listening to an AbortSignal that many children may share. */
import { getMaxListeners, setMaxListeners } from 'node:events';
import { OptionError } from './option-error.js';

/** By its shape: that of another realm (node:vm, jsdom) has another class. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null) return false;
  const { aborted, addEventListener, removeEventListener } = value as Partial<AbortSignal>;
  return (
    typeof aborted === 'boolean' &&
    typeof addEventListener === 'function' &&
    typeof removeEventListener === 'function'
  );
}

/** The option as a signal; undefined stays. Throws OptionError. */
export function requireAbortSignal(option: string, value: unknown): AbortSignal | undefined {
  if (value === undefined || isAbortSignal(value)) return value;
  throw new OptionError(option, value, 'an AbortSignal');
}

/**
 * Calls `abort` when the signal is aborted. Returns a function that ends the listening; calling it again is
 * fine.
 */
export function onAbort(signal: AbortSignal, abort: () => void): () => void {
  let isListening = true;
  adjustMost(signal, 1);
  signal.addEventListener('abort', abort, { once: true });
  return () => {
    if (!isListening) return;
    isListening = false;
    signal.removeEventListener('abort', abort);
    adjustMost(signal, -1);
  };
}

/** Fifty children with one signal are not a leak, but Node warns at the eleventh listener. */
function adjustMost(signal: AbortSignal, by: number): void {
  let most: number;
  try {
    most = getMaxListeners(signal);
  } catch {
    // It has none: that of another realm; in Node 20 also one whose limit is 0, which means no limit.
    return;
  }
  if (most !== 0) setMaxListeners(most + by, signal);
}
