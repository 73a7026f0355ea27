import { describe, expect, it } from 'vitest';
import { drawBars } from '../src/plots/bars.js';
import { plotsOf } from '../src/plots/index.js';
import { scaleFor } from '../src/plots/scale.js';
import { summarize } from '../src/statistics.js';

describe('the scale of a chart', () => {
  it('ends at the greatest value or less than a step after it', () => {
    for (const greatest of [0.0031, 0.3, 0.99, 1, 1.01, 7, 49.9, 50, 117, 1171, 2500, 34_200_000]) {
      const { end, ticks } = scaleFor([greatest / 7, greatest]);
      const step = ticks[1] ?? Number.NaN;
      expect(end).toBeGreaterThanOrEqual(greatest);
      expect(end - greatest).toBeLessThan(step);
      expect(ticks.length).toBeLessThanOrEqual(6);
    }
  });

  it('has steps of 1, 2 or 5 times a power of ten, written without binary remainders', () => {
    expect(scaleFor([0.3]).ticks).toEqual([0, 0.1, 0.2, 0.3]);
    expect(scaleFor([117]).ticks).toEqual([0, 50, 100, 150]);
    expect(scaleFor([1171]).ticks).toEqual([0, 500, 1000, 1500]);
  });

  it('exists for values that are all 0, and for none', () => {
    expect(scaleFor([0, 0])).toEqual({ end: 1, ticks: [0, 1] });
    expect(scaleFor([])).toEqual({ end: 1, ticks: [0, 1] });
  });
});

/** @param {string} name @param {number} value */
const bar = (name, value) => ({ name, value, isOwn: name === 'spillway' });

/** @param {import('../src/plots/bars.js').Bar[]} bars @param {'less' | 'more'} better */
const draw = (bars, better = 'less') =>
  drawBars({ title: 'a < b & "c"', unit: 'µs', better, bars, note: "it's noted" });

/** @param {string} svg */
const widths = (svg) => [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));

describe('a chart', () => {
  it('has bars as long as their values, from the best to the worst', () => {
    const bars = [bar('peer', 40), bar('spillway', 10), bar('other', 20)];
    const [first, second, third] = widths(draw(bars));
    expect(second).toBeCloseTo(2 * Number(first), 0);
    expect(third).toBeCloseTo(4 * Number(first), 0);
    expect(widths(draw(bars, 'more'))).toEqual([third, second, first]);
  });

  it('escapes all text', () => {
    const svg = draw([bar('<script>"&\'', 1)]);
    expect(svg).toContain('>&lt;script&gt;&quot;&amp;&#39;</text>');
    expect(svg).toContain('a &lt; b &amp; &quot;c&quot;');
    expect(svg).toContain('it&#39;s noted');
    expect(svg).not.toContain('<script>');
  });

  it('is drawn for each measurement that names a plot, without contenders that have no figure', () => {
    const machine = { date: '2026-01-01', node: '20.0.0', cpu: 'a processor', cores: 2 };
    const contenders = {
      spillway: { summary: summarize([3, 1, 2]) },
      peer: { error: 'it hung' },
      other: { absent: 'not installed' },
    };
    const measurement = { label: 'one', unit: 'ms', contenders, targets: [] };
    const plot = { file: 'one', title: 'One', better: 'less' };
    const figure = { name: 'f', measurements: [{ ...measurement, plot }, measurement] };
    const stored = /** @type {any} */ ({ machine, quick: true, figures: [figure] });
    const plots = plotsOf(stored);
    expect(plots.map(({ file }) => file)).toEqual(['one.svg']);
    expect(plots[0]?.svg).toContain('>2.00</text>');
    expect(plots[0]?.svg).toContain('no figures to quote');
    expect(plots[0]?.svg).not.toMatch(/peer|other/);
  });
});
