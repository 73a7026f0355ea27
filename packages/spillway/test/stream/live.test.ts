import { describe, expect, it } from 'vitest';
import { run, start } from '../../src/index.js';
import { backend, posixOnly, SOCKETS } from '../helpers/backend.js';
import { checkForLeaks, until } from '../helpers/leaks.js';
import { bytesWritten, stateOf, untilItWaits } from '../helpers/processes.js';

checkForLeaks();

/** Every line of `seq 1 n`, in order, once. */
function isSequence(lines: readonly string[], n: number): boolean {
  return lines.length === n && lines.every((line, i) => line === String(i + 1));
}

/** What `seq 1 n` writes. */
function bytesOfSequence(n: number): number {
  let bytes = 0;
  for (let first = 1, digits = 1; first <= n; first *= 10, digits++) {
    bytes += (Math.min(n, first * 10 - 1) - first + 1) * (digits + 1);
  }
  return bytes;
}

/**
 * A pipe holds 64 KiB, one read takes as many, and one chunk more may wait in a queue. A socket holds more,
 * and Node reads ahead.
 */
const MOST_IN_FLIGHT = backend === 'posix' ? 4 * 65_536 : 1024 * 1024;
/** The pipe of a stream that has brought much is larger. */
const LARGE_PIPE = 1024 * 1024;

describe("A stream 'auto'", () => {
  it('that is not read never keeps the child waiting, and is in the result', async () => {
    const child = start('seq', ['1', '2700000']);
    using result = await child.result;
    expect(result.output.stdout?.size).toBe(20_488_896);
    expect(isSequence((result.stdout as string).split('\n'), 2_700_000)).toBe(true);
  });

  it.each([
    ['in memory', 8_000_000],
    ['on disk', 1000],
  ])(
    'that is read late delivers what was captured %s, then the rest, each byte once',
    async (_name, memory) => {
      const script = 'seq 1 100000; read -r line; seq 100001 300000';
      const child = start('sh', ['-c', script], { stdin: 'pipe', memory });
      await until(() => bytesWrittenByGroup(child.pid) && stateOf(child.pid) === 'S');
      const lines: string[] = [];
      for await (const line of child.stdout.lines()) {
        lines.push(line);
        if (line === '50000') child.stdin.end('\n');
      }
      expect(isSequence(lines, 300_000)).toBe(true);
      const result = await child.result;
      expect(result.stdout).toBeUndefined();
      expect(result.ok).toBe(true);
    },
  );

  it.each([1, 1000, 100_000])(
    'that is read at once loses nothing between disk and pipe (memory: %i)',
    async (memory) => {
      for (let round = 0; round < 5; round++) {
        const child = start('seq', ['1', '200000'], { memory });
        // From another place of its run each time.
        for (let turn = 0; turn < round * 3; turn++) await new Promise((resolve) => setImmediate(resolve));
        const lines: string[] = [];
        for await (const batch of child.stdout.lineBatches()) lines.push(...batch);
        expect(isSequence(lines, 200_000)).toBe(true);
        // It has what was captured, if the child was over before the first line was asked for.
        (await child.result)[Symbol.dispose]();
      }
    },
  );

  it('can be read after the exit, and repeatedly from the result', async () => {
    const child = start('seq', ['1', '30000'], { memory: 1000 });
    using result = await child.result;
    expect(isSequence((await child.stdout.text()).trimEnd().split('\n'), 30_000)).toBe(true);
    expect(isSequence((result.stdout as string).split('\n'), 30_000)).toBe(true);
    expect(await result.output.stdout?.text()).toBe(`${result.stdout}\n`);
  });

  it('that was read in part before the exit delivers its rest after it', async () => {
    const child = start('seq', ['1', '5000']);
    const lines = child.stdout.lines();
    expect((await lines.next()).value).toBe('1');
    await child.result;
    const rest: string[] = [];
    for await (const line of lines) rest.push(line);
    expect(isSequence(['1', ...rest], 5000)).toBe(true);
  });
});

/** What a child's own children have written counts as soon as they are waited for. */
function bytesWrittenByGroup(pid: number): boolean {
  return bytesWritten(pid) >= 588_895;
}

describe("A stream 'stream'", () => {
  it('that is not read keeps the child waiting, and holds little in memory', async () => {
    const child = start('seq', ['1', '3000000'], { stdout: 'stream' });
    expect(await untilItWaits(child.pid)).toBeLessThan(MOST_IN_FLIGHT);
    const lines: string[] = [];
    for await (const batch of child.stdout.lineBatches()) lines.push(...batch);
    expect(isSequence(lines, 3_000_000)).toBe(true);
    expect((await child.result).stdout).toBeUndefined();
  });

  it('goes at the pace of a reader that pauses', async () => {
    const child = start('seq', ['1', '3000000'], { stdout: 'stream' });
    let count = 0;
    for await (const line of child.stdout.lines()) {
      if (line !== String(++count)) break;
      if (count % 1_000_000 === 1) {
        const waitsAt = await untilItWaits(child.pid);
        expect(waitsAt - bytesOfSequence(count)).toBeLessThan(LARGE_PIPE + MOST_IN_FLIGHT);
      }
    }
    expect(count).toBe(3_000_000);
    expect((await child.result).ok).toBe(true);
  });

  posixOnly(SOCKETS)('does not hold the result back for its reader when the child has exited', async () => {
    const child = start('seq', ['1', '100000'], { stdout: 'stream', pipeCapacity: 1024 * 1024 });
    expect((await child.result).ok).toBe(true);
    expect(isSequence((await child.stdout.text()).trimEnd().split('\n'), 100_000)).toBe(true);
  });

  it('delivers the same bytes as chunks, as one buffer and as text', async () => {
    const wanted = Array.from({ length: 50_000 }, (_, i) => `${i + 1}\n`).join('');
    const chunks: Buffer[] = [];
    const child = start('seq', ['1', '50000'], { stdout: 'stream' });
    for await (const chunk of child.stdout) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString() === wanted).toBe(true);
    const bytes = await start('seq', ['1', '50000'], { stdout: 'stream' }).stdout.bytes();
    expect(bytes.toString() === wanted).toBe(true);
    expect((await start('seq', ['1', '50000']).stdout.text()) === wanted).toBe(true);
  });

  it('can be piped into a Node stream, and into another child', async () => {
    const source = start('seq', ['1', '100000'], { stdout: 'stream' });
    const { stdout } = await run('sha256sum', { stdin: source.stdout.stream() });
    expect(stdout).toBe((await run('sh', ['-c', 'seq 1 100000 | sha256sum'])).stdout);
    expect((await source.result).ok).toBe(true);
  });

  it('leaves stderr captured beside it', async () => {
    const child = start('sh', ['-c', 'head -c 300000 /dev/zero >&2; echo out'], { stdout: 'stream' });
    expect((await child.stdout.lines().next()).value).toBe('out');
    expect((await child.result).output.stderr?.size).toBe(300_000);
  });
});
