/** Where the output of an attempt goes. */
import type { OutputFunction } from './options.js';
import { BoundedFile } from './bounded-file.js';

export interface Kept {
  /** The command waits while a promise is pending. */
  keep(bytes: Buffer, stream: 'stdout' | 'stderr'): unknown;
  readonly counts: { readonly bytes: number; readonly dropped: number };
  close(): void;
}

/** Errors: the system's, when the file cannot be opened. */
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
    close: () => {},
  };
}
