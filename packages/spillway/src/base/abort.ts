/** Listening to an AbortSignal that many children may share. */
import { getMaxListeners, setMaxListeners } from 'node:events';

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
    // Node 20 throws ERR_INVALID_ARG_TYPE for a signal whose limit is 0, which means no limit.
    return;
  }
  if (most !== 0) setMaxListeners(most + by, signal);
}
