import { median } from '../statistics.js';
import { capturing } from './capturing.js';
import { contend } from './support.js';

const chunkBytes = 64 << 20;

/**
 * Time that one start takes from the event loop, in ms: inside the call, and until the loop has turned twice, less what two turns of an
 * idle loop take, so that work which a library puts off is counted too. The child outlives both, so its exit is not in them.
 */
await contend(
  async (contender, /** @type {{ gigabytes: number, starts: number }} */ { gigabytes, starts }) => {
    const ballast = fill(gigabytes * 2 ** 30);
    const capture = await capturing(contender);

    /** @type {number[]} */
    const calls = [];
    /** @type {number[]} */
    const turns = [];
    /** @type {number[]} */
    const idle = [];
    const warmUp = Math.ceil(starts / 4);
    for (let i = 0; i < warmUp + starts; i++) {
      const before = performance.now();
      await twoTurns();
      const start = performance.now();
      const result = capture('sleep', ['0.02']);
      const called = performance.now();
      await twoTurns();
      const turned = performance.now();
      await result;
      if (i < warmUp) continue;
      idle.push(start - before);
      calls.push(called - start);
      turns.push(turned - start);
    }
    if (ballast.length * chunkBytes < gigabytes * 2 ** 30) throw new Error('the memory was not filled');
    return { call: median(calls), turn: median(turns) - median(idle) };
  },
);

function twoTurns() {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

/**
 * Really touched: only pages that exist cost a fork anything.
 *
 * @param {number} bytes
 */
function fill(bytes) {
  return Array.from({ length: Math.ceil(bytes / chunkBytes) }, () => Buffer.alloc(chunkBytes, 1));
}
