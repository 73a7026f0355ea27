/** A chart of horizontal bars as plain SVG: text stays text, and the colours follow the reader's scheme. */
import { format } from '../statistics.js';
import { scaleFor } from './scale.js';

/**
 * @typedef {object} Bar
 * @property {string} name
 * @property {number} value
 * @property {boolean} isOwn one of Spillway's
 *
 * @typedef {object} Chart
 * @property {string} title
 * @property {string} unit
 * @property {'less' | 'more'} better
 * @property {Bar[]} bars
 * @property {string} note where and when it was measured
 */

const width = 760;
const left = 196;
const right = 84;
const top = 66;
const rowHeight = 26;
const barHeight = 16;

const style = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 }
  .quiet { fill: #59636e; font-size: 12px }
  .own { font-weight: 600 }
  .grid { stroke: #d1d9e0 }
  rect { fill: #8c959f }
  rect.own { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .quiet { fill: #9198a1 }
    .grid { stroke: #3d444d }
    rect { fill: #656c76 }
    rect.own { fill: #4493f8 }
  }
`;

/** @param {Chart} chart */
export function drawBars({ title, unit, better, bars, note }) {
  const direction = better === 'less' ? 1 : -1;
  const sorted = [...bars].sort((a, b) => direction * (a.value - b.value));
  const scale = scaleFor(sorted.map(({ value }) => value));
  const bottom = top + sorted.length * rowHeight;
  const height = bottom + 46;
  const x = (/** @type {number} */ value) => rounded(left + (value / scale.end) * (width - left - right));

  const grid = scale.ticks.flatMap((tick) => [
    `<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="${top - 4}" y2="${bottom}"/>`,
    text({ x: x(tick), y: bottom + 16, class: 'quiet', 'text-anchor': 'middle' }, tickText(tick)),
  ]);
  const rows = sorted.flatMap(({ name, value, isOwn }, row) => {
    const y = top + row * rowHeight;
    const baseline = y + barHeight - 3;
    const own = isOwn ? { class: 'own' } : {};
    return [
      text({ x: left - 8, y: baseline, ...own, 'text-anchor': 'end' }, name),
      element('rect', { x: left, y, width: rounded(x(value) - left), height: barHeight, rx: 2, ...own }),
      text({ x: x(value) + 6, y: baseline, ...own }, format(value)),
    ];
  });
  const heading = `${unit}, ${better} is better`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" \
height="${height}" role="img" aria-labelledby="title">
<title id="title">${escaped(`${title}: ${heading}`)}</title>
<style>${style}</style>
${[
  text({ x: 12, y: 24, class: 'title' }, title),
  text({ x: 12, y: 44, class: 'quiet' }, heading),
  ...grid,
  ...rows,
  text({ x: 12, y: height - 8, class: 'quiet' }, note),
].join('\n')}
</svg>
`;
}

/**
 * @param {Record<string, string | number>} attributes
 * @param {string} content
 */
const text = (attributes, content) => element('text', attributes, content);

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [content]
 */
function element(name, attributes, content) {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  const begin = `<${name}${list.join('')}`;
  return content === undefined ? `${begin}/>` : `${begin}>${escaped(content)}</${name}>`;
}

/** @type {Record<string, string>} */
const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** @param {string} text */
export const escaped = (text) => text.replace(/[&<>"']/g, (character) => entities[character] ?? character);

/** @param {number} value */
const rounded = (value) => Math.round(value * 10) / 10;

/** @param {number} tick */
const tickText = (tick) => tick.toLocaleString('en');
