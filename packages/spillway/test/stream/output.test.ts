import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Output, run } from '../../src/index.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';

checkForLeaks();

const wanted = Array.from({ length: 30_000 }, (_, i) => `line ${i + 1}\n`).join('');

describe.each([
  ['in memory', 8_000_000],
  ['partly on disk', 100_000],
  ['all on disk', 0],
])('An output %s', (_name, memory) => {
  let output: Output;

  beforeEach(async () => {
    const result = await run('sh', ['-c', 'seq -f "line %.0f" 1 30000'], { memory });
    output = result.output.stdout;
  });
  afterEach(() => output.close());

  it('is the same by each of its methods', async () => {
    expect(output.size).toBe(wanted.length);
    expect((await output.text()) === wanted).toBe(true);
    expect((await output.bytes()).toString() === wanted).toBe(true);
    expect(output.textSync() === wanted).toBe(true);
    expect(output.bytesSync().toString() === wanted).toBe(true);
    const lines: string[] = [];
    for await (const line of output.lines()) lines.push(line);
    expect(lines.join('\n') === wanted.trimEnd()).toBe(true);
    const batches: string[] = [];
    for await (const batch of output.lineBatches()) batches.push(...batch);
    expect(batches).toEqual(lines);
    const chunks: Buffer[] = [];
    for await (const chunk of output) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString() === wanted).toBe(true);
    const streamed = (await output.stream().toArray()) as Buffer[];
    expect(Buffer.concat(streamed).toString() === wanted).toBe(true);
    const path = join(scratchDirectory(), 'saved');
    await output.saveTo(path);
    expect(readFileSync(path, 'utf8') === wanted).toBe(true);
  });

  it('can be read by several readers at a time', async () => {
    const all = await Promise.all([output.text(), output.text(), output.bytes().then(String)]);
    expect(all.every((text) => text === wanted)).toBe(true);
  });

  it('can be read again after a loop was left in the middle', async () => {
    for await (const line of output.lines()) if (line === 'line 20000') break;
    for await (const chunk of output) if (chunk.length > 0) break;
    const stream = output.stream();
    stream.once('data', () => stream.destroy());
    await new Promise((resolve) => stream.once('close', resolve));
    expect((await output.text()) === wanted).toBe(true);
  });

  it.each([1, 100, 99_999, 200_000, 1_000_000])('returns its last %i bytes', (count) => {
    expect(output.lastBytes(count).toString() === wanted.slice(-count)).toBe(true);
  });

  it('throws at a line that is too long', async () => {
    await expect(output.lines({ maxLength: 5 }).next()).rejects.toThrow(/longer than 5 bytes/);
  });
});

describe('A closed output', () => {
  it('that was on disk says so when it is read', async () => {
    const { output } = await run('seq', ['1', '1000'], { memory: 10 });
    output.stdout.close();
    output.stdout.close();
    await expect(output.stdout.text()).rejects.toThrow(/was closed; read it before/);
    await expect(output.stdout.lines().next()).rejects.toThrow(/was closed/);
    expect(() => output.stdout.bytesSync()).toThrow(/was closed/);
  });
});

describe('An output larger than a string', () => {
  it('throws RangeError as a string, and can be read in chunks', async () => {
    const bytes = 2 ** 29 + 100;
    using result = await run('head', ['-c', String(bytes), '/dev/zero']);
    // Once only, since each try reads half a gigabyte before it can know.
    const error = await Promise.resolve()
      .then(() => result.stdout)
      .catch((e) => e);
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toMatch(/longest string .* read them with lines\(\) or stream\(\), or .* saveTo/);
    let size = 0;
    for await (const chunk of result.output.stdout) size += chunk.length;
    expect(size).toBe(bytes);
    expect(result.stderr).toBe('');
  });
});
