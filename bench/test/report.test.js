import { describe, expect, it } from 'vitest';
import { toMarkdown, toTable } from '../src/report/index.js';
import { summarize } from '../src/statistics.js';
import { atMost, judge, noMoreThan } from '../src/targets.js';

const machine = {
  date: '2026-01-01',
  kernel: 'Linux 6',
  cpu: 'a processor',
  cores: 2,
  memoryGB: 8,
  load: { before: 0, after: 0 },
  node: '20.0.0',
  versions: {},
};

/** @param {number} value */
const of = (value) => ({ summary: summarize([value]) });

/** @param {Record<string, unknown>} figure @param {Record<string, unknown>[]} measurements */
const reportOf = (figure, measurements) =>
  /** @type {import('../src/report/index.js').Report} */ (
    /** @type {unknown} */ ({
      machine,
      quick: false,
      results: [{ figure: { name: 'f', title: 'a figure', how: 'so', ...figure }, measurements }],
    })
  );

const against = 'child_process';
const measurement = {
  label: 'row',
  unit: 'ms',
  contenders: { spillway: of(3), child_process: of(2), 'Bun.spawn': of(4) },
  targets: [atMost(2, against), atMost(0.5, 'Bun.spawn')],
};

describe('a report', () => {
  it('says why a target is missed, and only then', () => {
    const missed = 'It cannot be otherwise.';
    expect(toMarkdown(reportOf({ missed }, [measurement]))).toContain(`\`f\` misses a target: ${missed}`);
    expect(toMarkdown(reportOf({}, [measurement]))).toContain('`f` misses a target: not known why.');
    const met = { ...measurement, targets: [atMost(2, against)] };
    expect(toMarkdown(reportOf({ missed }, [met]))).not.toMatch(/misses|Why targets/);
  });

  it('gives the figure of a contender that only a target names', () => {
    expect(toMarkdown(reportOf({}, [measurement]))).toContain(
      '1.50 × child_process<br>0.750 × Bun.spawn (4.00)',
    );
  });

  it('gives each contender a row where there are many, beside the Spillway of the same runtime', () => {
    const rows = [
      { name: 'spillway', what: 'here', own: 'spillway' },
      { name: 'peer', what: 'here', own: 'spillway' },
      { name: 'spillway elsewhere', what: 'there', own: 'spillway elsewhere' },
      { name: 'other', what: 'there', own: 'spillway elsewhere' },
      { name: 'hung', what: 'here', own: 'spillway' },
      { name: 'missing', what: 'here', own: 'spillway' },
    ];
    const contenders = {
      spillway: of(1),
      peer: of(2),
      'spillway elsewhere': of(30),
      other: of(10),
      hung: { error: 'it hung' },
      missing: { absent: 'not installed' },
    };
    const report = reportOf({}, [{ label: 'work', unit: 'ms', contenders, targets: [], rows }]);
    const markdown = toMarkdown(report);
    for (const row of [
      'spillway | here | 1.00',
      'peer | here | 2.00: 0.500 ×',
      'other | there | 10.0: 3.00 ×',
    ])
      expect(markdown).toContain(`| ${row} |`);
    expect(markdown).toContain('| hung | here | failed |');
    expect(markdown).toContain('| missing | here | – |');
    for (const text of [markdown, toTable(report)]) {
      expect(text).toContain('hung: failed: it hung');
      expect(text).toContain('missing: not installed');
    }
  });
});

describe('a target', () => {
  it('is neither met nor missed beside a figure that allows no ratio', () => {
    for (const other of [0, -1])
      expect(judge(atMost(2, against), { spillway: of(1), child_process: of(other) }).met).toBeUndefined();
    expect(judge(noMoreThan(0, 'left'), { spillway: of(0) }).met).toBe(true);
  });
});
