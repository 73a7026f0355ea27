import { describe, expect, it } from 'vitest';
import { retryPause } from '../../src/cli/run/run-command.js';

describe('retryPause()', () => {
  const middle = () => 0.5;

  it('doubles up to a minute', () => {
    expect([1, 2, 3, 6, 7, 8, 1000].map((failed) => retryPause(1000, failed, middle))).toEqual([
      1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('varies between half and one and a half of that', () => {
    expect(retryPause(1000, 1, () => 0)).toBe(500);
    expect(retryPause(1000, 1, () => 0.999)).toBe(1499);
  });

  it('does not shorten a longer base', () => {
    expect(retryPause(300_000, 3, middle)).toBe(300_000);
  });
});
