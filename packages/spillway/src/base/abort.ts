/** Listening to an AbortSignal that many children may share. */
import { getMaxListeners, setMaxListeners } from 'node:events';

/** Calls `abort` when the signal is aborted; returns what ends the listening, which may be called again. */
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

/** Fifty children of one signal are no leak, of which Node would warn at the eleventh. */
function adjustMost(signal: AbortSignal, by: number): void {
  let most: number;
  try {
    most = getMaxListeners(signal);
  } catch {
    // 0, no limit, is what Node 20 takes for something that has none.
    return;
  }
  if (most !== 0) setMaxListeners(most + by, signal);
}
