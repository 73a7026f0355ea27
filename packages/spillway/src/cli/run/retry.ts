/** How long to wait before the next attempt. */

const LONGEST_PAUSE_MS = 60_000;

/**
 * Milliseconds before the attempt after `failed` failed ones: the base, doubled with each failure up to a minute, times a random
 * half to one and a half, so that many who failed together do not come back together.
 */
export function retryPause(base: number, failed: number, random: () => number = Math.random): number {
  const pause = Math.min(base * 2 ** (failed - 1), Math.max(base, LONGEST_PAUSE_MS));
  return Math.round(pause * (0.5 + random()));
}
