/** Where the output of an attempt goes. */
import { BoundedFile } from './bounded-file.js';
import type { OutputFunction } from './options.js';

export interface Kept {
  /** The command waits while a promise is pending. */
  keep(bytes: Buffer, stream: 'stdout' | 'stderr'): unknown;
  readonly counts: { readonly bytes: number; readonly dropped: number };
  /** Returns what has failed, if anything has. The second call does nothing. */
  close(): unknown;
}

/** Errors: the system's, when the file cannot be opened; OptionError when it is none. */
export function keeperFor(output: string | OutputFunction | undefined): Kept {
  if (typeof output === 'string') return new BoundedFile(output);
  let bytes = 0;
  return {
    keep: (piece, stream) => {
      bytes += piece.length;
      return output?.(piece, stream);
    },
    get counts() {
      return { bytes, dropped: 0 };
    },
    close: () => undefined,
  };
}
