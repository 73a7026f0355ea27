import { describe, expect, it } from 'vitest';
import { run } from '../../src/index.js';
import { LineSplitter } from '../../src/stream/reading/lines.js';
import { checkForLeaks } from '../helpers/leaks.js';

checkForLeaks();

function split(
  chunks: readonly Buffer[],
  maxLength?: number,
  encoding: 'utf8' | 'latin1' = 'utf8',
): string[] {
  const splitter = new LineSplitter(encoding, maxLength);
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.finish()];
}

/** A generator of numbers that is the same in every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const cases: [text: string, lines: string[]][] = [
  ['', []],
  ['\n', ['']],
  ['\n\n', ['', '']],
  ['a', ['a']],
  ['a\n', ['a']],
  ['a\nb', ['a', 'b']],
  ['a\r\nb\r\n', ['a', 'b']],
  ['\r\n\r\n', ['', '']],
  ['a\rb\n', ['a\rb']],
  ['a\r\r\nb', ['a\r', 'b']],
  ['é\r\n€\n😀', ['é', '€', '😀']],
  ['日本語\n\nテキスト\r\n', ['日本語', '', 'テキスト']],
];

describe('Lines', () => {
  it.each(cases)('of %j are the same wherever the bytes are cut', (text, lines) => {
    const bytes = Buffer.from(text);
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        const chunks = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        expect(split(chunks)).toEqual(lines);
      }
    }
    expect(split([...bytes].map((byte) => Buffer.from([byte])))).toEqual(lines);
  });

  it('of random text, cut at random, are the same', () => {
    const next = random(7);
    const alphabet = ['a', 'bc', 'é', '€', '😀', '\n', '\r\n', '\r', '\n\n', 'x'.repeat(50)];
    for (let round = 0; round < 500; round++) {
      const words = Array.from({ length: 40 }, () => alphabet[Math.floor(next() * alphabet.length)]);
      const bytes = Buffer.from(`${words.join('')}|`);
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + Math.floor(next() * 30);
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(split(chunks)).toEqual(bytes.toString().split(/\r?\n/));
    }
  });

  it('do not change when the bytes that they were cut from do', () => {
    const splitter = new LineSplitter('utf8');
    const view = Buffer.from('begun');
    expect(splitter.push(view)).toEqual([]);
    view.fill('x');
    expect(splitter.push(Buffer.from(' and ended\n'))).toEqual(['begun and ended']);
  });

  it('are decoded with the encoding of the run', () => {
    const bytes = Buffer.from([0xe9, 0x0a, 0xc3, 0xa9]);
    expect(split([bytes], undefined, 'latin1')).toEqual(['é', 'Ã©']);
    expect(split([bytes])).toEqual(['\ufffd', 'é']);
  });
});

describe('maxLength', () => {
  it.each([
    ['in one piece', (bytes: Buffer) => [bytes]],
    ['byte by byte', (bytes: Buffer) => [...bytes].map((byte) => Buffer.from([byte]))],
    ['before its newline', (bytes: Buffer) => [bytes.subarray(0, -1), bytes.subarray(-1)]],
  ])('is the most bytes in a line that comes %s', (_name, cut) => {
    const ten = Buffer.from('short\n0123456789\n');
    const eleven = Buffer.from('short\n0123456789x\n');
    expect(split(cut(ten), 10)).toEqual(['short', '0123456789']);
    expect(() => split(cut(eleven), 10)).toThrow(/a line is longer than 10 bytes/);
  });

  it('applies to each line alone', () => {
    expect(split([Buffer.from('abc\n'.repeat(1000))], 3)).toHaveLength(1000);
  });

  it.each([-1, 0, Number.NaN, '10' as never])('refuses %j', async (maxLength) => {
    const { output } = await run('echo', ['x']);
    expect(() => output.stdout.lines({ maxLength })).toThrow(/maxLength/);
    expect(() => output.stdout.lineBatches({ maxLength })).toThrow(/maxLength/);
  });
});
