import { monitorEventLoopDelay } from 'node:perf_hooks';
import { capturing } from './runners/index.js';
import { contend, expectEqual } from './support.js';

/**
 * What 1,000 commands that are started at once take from the event loop: the time for which it was busy, for
 * each start, and its longest single turn, by a timer of 1 ms and by Node's own histogram.
 */
await contend(async (contender, /** @type {{ count: number }} */ { count }) => {
  const capture = await capturing(contender);
  const echo = () => capture('echo', ['hi']);
  for (let i = 0; i < 50; i++) await echo();

  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  const before = performance.eventLoopUtilization();
  const started = performance.now();
  const running = Array.from({ length: count }, echo);
  const callsMs = performance.now() - started;
  const results = await Promise.all(running);
  // The utilization counts from the next turn on.
  const { active } = performance.eventLoopUtilization(before);
  histogram.disable();
  clearInterval(timer);
  expectEqual(results.filter(({ stdout }) => stdout.trimEnd() === 'hi').length, count, 'right answers');
  return {
    callsMs: callsMs / count,
    busyMs: active / count,
    longestMs: Math.max(longest, histogram.max / 1e6),
  };
});
