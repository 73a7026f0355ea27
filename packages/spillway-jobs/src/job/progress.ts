/** How far a running job is, in words. */
import type { Progress } from './types.js';

/** `41 %, 118 MB/s`. */
export function progressText({ percent, rate }: Progress): string {
  const share = percent === undefined ? undefined : `${Math.floor(percent)} %`;
  return [share, rate].filter((word) => word !== undefined).join(', ');
}
