/** Listening to an AbortSignal that many children may share. */
import { getMaxListeners, setMaxListeners } from 'node:events';

/** Calls `abort` when the signal is aborted; returns what ends the listening. */
export function onAbort(signal: AbortSignal, abort: () => void): () => void {
  // Fifty children of one signal are no leak, of which Node would warn at the eleventh. 0 means that there is no limit.
  const adjust = (by: number) => {
    const most = getMaxListeners(signal);
    if (most !== 0) setMaxListeners(most + by, signal);
  };
  adjust(1);
  signal.addEventListener('abort', abort, { once: true });
  return () => {
    signal.removeEventListener('abort', abort);
    adjust(-1);
  };
}
