import { describe, expect, it } from 'vitest';
import { LineStamper } from '../../src/cli/run/line-stamper.js';

/** Feeds the chunks and gives all that came out, with `T` for the times. */
function stamped(...chunks: (string | Buffer)[]): string {
  const stamper = new LineStamper('out');
  const parts = chunks.map((chunk) => stamper.stamp(Buffer.from(chunk)));
  return Buffer.concat([...parts, stamper.finish()])
    .toString()
    .replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /gm, 'T ');
}

describe('LineStamper', () => {
  it('stamps each line, empty ones included', () => {
    expect(stamped('a\n\nb\n')).toBe('T out a\nT out \nT out b\n');
  });

  it('holds a line back until it is complete', () => {
    const stamper = new LineStamper('err');
    expect(stamper.stamp(Buffer.from('a')).length).toBe(0);
    expect(stamper.stamp(Buffer.from('b\nc')).toString()).toMatch(/^\S+Z err ab\n$/);
    expect(stamper.finish().toString()).toMatch(/^\S+Z err c\n$/);
    expect(stamper.finish().length).toBe(0);
  });

  it('keeps every character whole wherever the chunks are cut', () => {
    const bytes = Buffer.from('grün €uro 🚰\nß\n');
    const expected = 'T out grün €uro 🚰\nT out ß\n';
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(stamped(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(expected);
    }
  });

  it('continues a line of more than 64 KiB on the next, between two characters', () => {
    for (const width of [0, 1, 2, 3]) {
      const text = `${'x'.repeat(65_536 - width)}🚰${'y'.repeat(70_000)}`;
      const lines = stamped(`${text}\n`).trimEnd().split('\n');
      expect(lines).toHaveLength(3);
      expect(lines.map((line) => line.slice(0, 7))).toEqual([
        'T out x',
        expect.stringMatching(/^T out\+ /),
        'T out+ ',
      ]);
      expect(lines.map((line) => line.replace(/^T out\+? /, '')).join('')).toBe(text);
    }
  });

  it('does not cut a line of exactly 64 KiB', () => {
    const line = 'x'.repeat(65_536);
    expect(stamped(`${line}\n`)).toBe(`T out ${line}\n`);
    expect(stamped(line, '\n')).toBe(`T out ${line}\n`);
  });

  it('cuts a long line that is not UTF-8', () => {
    expect(stamped(Buffer.alloc(200_000, 0x80)).split('\n')).toHaveLength(5);
  });
});
