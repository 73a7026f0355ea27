import { setTimeout as delay } from 'node:timers/promises';
import { median } from '../statistics.js';
import { capturing } from './runners/index.js';
import { contend } from './support.js';

const WATCHED_MS = 8;
const chunkBytes = 64 << 20;

/**
 * Milliseconds that one start takes from the event loop: inside the call, and in all until 8 ms later, less
 * the time that an idle loop takes, so that work which a library postpones counts too. The child outlives
 * both, so its exit is not included.
 */
await contend(
  async (contender, /** @type {{ gigabytes: number, starts: number }} */ { gigabytes, starts }) => {
    const ballast = fill(gigabytes * 2 ** 30);
    const capture = await capturing(contender);

    /** @type {number[]} */
    const calls = [];
    /** @type {number[]} */
    const busy = [];
    /** @type {number[]} */
    const idle = [];
    for (let i = 0; i < starts; i++) {
      const before = performance.eventLoopUtilization();
      await delay(WATCHED_MS);
      idle.push(performance.eventLoopUtilization(before).active);
    }
    const warmUp = Math.ceil(starts / 4);
    for (let i = 0; i < warmUp + starts; i++) {
      const before = performance.eventLoopUtilization();
      const start = performance.now();
      const result = capture('sleep', ['0.02']);
      const called = performance.now();
      await delay(WATCHED_MS);
      const after = performance.eventLoopUtilization(before);
      await result;
      if (i < warmUp) continue;
      calls.push(called - start);
      busy.push(after.active);
    }
    if (ballast.length * chunkBytes < gigabytes * 2 ** 30) throw new Error('the memory was not filled');
    return { call: median(calls), busy: median(busy) - median(idle) };
  },
);

/**
 * Touches every page: only pages that exist make a fork slower.
 *
 * @param {number} bytes
 */
function fill(bytes) {
  return Array.from({ length: Math.ceil(bytes / chunkBytes) }, () => Buffer.alloc(chunkBytes, 1));
}
