import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as Base from '../../src/base/index.js';

let Deadline: typeof Base.Deadline;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  // The library uses the timers of Node's modules, as they are when it is loaded: here, the fake ones.
  vi.doMock('../../src/base/builtin.js', () => ({
    builtin: (id: string) => (id === 'timers' ? globalThis : process.getBuiltinModule(id)),
  }));
  vi.doMock('node:perf_hooks', () => ({ performance: globalThis.performance }));
  vi.resetModules();
  ({ Deadline } = await import('../../src/base/index.js'));
});
afterEach(() => {
  vi.useRealTimers();
});

const LONGEST_TIMER = 2 ** 31 - 1;

describe('Deadline', () => {
  it.each([0, 1, 1000, LONGEST_TIMER, LONGEST_TIMER + 1, 10 * LONGEST_TIMER])(
    'expires once, after the %d ms that it was given',
    (ms) => {
      let expired = 0;
      new Deadline(ms, () => expired++);
      expect(expired).toBe(0);
      if (ms > 0) vi.advanceTimersByTime(ms - 1);
      expect(expired).toBe(0);
      vi.advanceTimersByTime(1);
      expect(expired).toBe(1);
      vi.advanceTimersByTime(3 * LONGEST_TIMER);
      expect(expired).toBe(1);
    },
  );

  it('sets no timer for Infinity', () => {
    new Deadline(Number.POSITIVE_INFINITY, () => {});
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that is put off expires one full time after it was last put off', () => {
    let expired = 0;
    const deadline = new Deadline(1000, () => expired++);
    for (let i = 0; i < 5; i++) {
      vi.advanceTimersByTime(900);
      deadline.postpone();
    }
    vi.advanceTimersByTime(999);
    expect(expired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(expired).toBe(1);
  });

  it('begins anew after it has expired', () => {
    let expired = 0;
    const deadline = new Deadline(1000, () => expired++);
    vi.advanceTimersByTime(1500);
    deadline.restart();
    vi.advanceTimersByTime(999);
    expect(expired).toBe(1);
    vi.advanceTimersByTime(1);
    expect(expired).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never expires once it is cancelled', () => {
    let expired = 0;
    const deadline = new Deadline(1000, () => expired++);
    deadline.cancel();
    deadline.cancel();
    vi.advanceTimersByTime(5000);
    expect(expired).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
