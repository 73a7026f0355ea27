/** The log of an attempt on its way to a storage that is slow, or away. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { LogAppend } from '../../src/store/index.js';
import { AttemptLog } from '../../src/worker/attempt-log.js';
import { until } from '../helpers/processes.js';

const MIB = 2 ** 20;

/** Keeps what it is given, as often as `append` lets it. */
function storage(append: () => Promise<unknown> = async () => {}) {
  const kept: { seq: number; stream: string; text: string; gap: number }[] = [];
  const log = new AttemptLog(17, 2, async (pieces: readonly LogAppend[]) => {
    await append();
    for (const { seq, stream, bytes, gap } of pieces)
      kept.push({ seq, stream, text: bytes.toString('latin1'), gap });
  });
  return { log, kept };
}

/** `count` lines that tell their number. */
function lines(from: number, count: number): Buffer {
  let text = '';
  for (let i = from; i < from + count; i++) text += `${String(i).padStart(15, '0')}\n`;
  return Buffer.from(text);
}

describe('The log of an attempt', () => {
  it('reaches the storage while the attempt runs, and whole', async () => {
    const { log, kept } = storage();
    log.keep(Buffer.from('one\n'), 'stdout');
    log.keep(Buffer.from('two\n'), 'stdout');
    log.keep(Buffer.from('problem\n'), 'stderr');
    await until(() => kept.length > 0);
    log.keep(Buffer.from('three\n'), 'stdout');
    await log.end();
    expect(kept).toEqual([
      { seq: 0, stream: 'stdout', text: 'one\ntwo\n', gap: 0 },
      { seq: 1, stream: 'stderr', text: 'problem\n', gap: 0 },
      { seq: 2, stream: 'stdout', text: 'three\n', gap: 0 },
    ]);
    expect(log.dropped).toBe(0);
  });

  it('of more than the storage takes has a gap in its middle, and each other byte', async () => {
    const { log, kept } = storage(() => pause(200));
    let lineCount = 0;
    for (let i = 0; i < 60; i++) {
      log.keep(lines(lineCount, MIB / 16), 'stdout');
      lineCount += MIB / 16;
      if (i % 10 === 0) await pause(20);
    }
    await log.end();
    expect(kept.map(({ seq }) => seq)).toEqual(kept.map((_, index) => index));
    const total = kept.reduce((sum, { text }) => sum + text.length, 0);
    const gaps = kept.reduce((sum, { gap }) => sum + gap, 0);
    expect(total + gaps).toBe(60 * MIB);
    expect(gaps).toBe(log.dropped);
    expect(gaps).toBeGreaterThan(20 * MIB);
    // Each piece continues the last one, or tells how much is missing before it.
    let at = 0;
    for (const { text, gap } of kept) {
      at += gap;
      expect(text.slice(0, 16)).toBe(`${String(at / 16).padStart(15, '0')}\n`);
      at += text.length;
    }
    expect(at).toBe(60 * MIB);
    expect(kept.at(-1)?.text.endsWith(`${lineCount - 1}\n`)).toBe(true);
  });

  it.each([['before the storage has any of it'], ['while the storage is away']])(
    'of more than is kept has its beginning, also %s',
    async (when) => {
      let isAway = when.includes('away');
      const { log, kept } = storage(async () => {
        if (isAway) throw new Error('away');
      });
      for (let i = 0; i < 40; i++) {
        log.keep(lines((i * MIB) / 16, MIB / 16), 'stdout');
        if (isAway && i % 10 === 9) await pause(100);
      }
      isAway = false;
      await log.end();
      const text = kept.map((one) => one.text).join('');
      expect(text.slice(0, MIB)).toBe(lines(0, MIB / 16).toString());
      expect(text.slice(-15 * MIB)).toBe(lines((25 * MIB) / 16, (15 * MIB) / 16).toString());
      expect(kept.filter(({ gap }) => gap > 0).length).toBe(1);
      expect(text.length + log.dropped).toBe(40 * MIB);
    },
  );

  it('waits for a storage that is away, without a piece twice', async () => {
    let isAway = true;
    const { log, kept } = storage(async () => {
      if (isAway) throw new Error('away');
    });
    log.keep(lines(0, 10_000), 'stdout');
    await pause(700);
    log.keep(lines(10_000, 10_000), 'stdout');
    await expect(log.end()).rejects.toThrow('away');
    isAway = false;
    await log.end();
    expect(kept.map(({ text }) => text).join('')).toBe(lines(0, 20_000).toString());
    expect(new Set(kept.map(({ seq }) => seq)).size).toBe(kept.length);
  });
});
