import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { run } from 'spillway';
import { contend, expectEqual, secondsSince } from './support.js';

/**
 * @typedef {{ producer: string, bytes: number, sha1: string }} Options
 */

/** Peak memory while a large output is captured and then read back, in MB. */
await contend(async (_contender, /** @type {Options} */ { producer, bytes, sha1 }) => {
  const start = performance.now();
  const result = await run(producer, [String(bytes), 'data']);
  const seconds = secondsSince(start);
  const output = result.output.stdout;
  expectEqual(output.size, bytes, 'bytes');
  expectEqual(output.spilled, true, 'spilled');
  const hash = createHash('sha1');
  for await (const chunk of output.stream()) hash.update(chunk);
  expectEqual(hash.digest('hex'), sha1, 'sha1');
  output[Symbol.dispose]();
  return { peakMB: peakMegabytes(), gigabytesPerSecond: bytes / seconds / 1e9 };
});

/** The kernel's own maximum; samples would miss the worst moment. */
function peakMegabytes() {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return (Number(kilobytes) * 1024) / 1e6;
}
