import { machineLine } from '../machine.js';
import { markdownTable, padded } from './cells.js';
import { markdownRows, terminalRows, verdictsOf } from './common.js';
import { contenderRows } from './rows.js';

/**
 * @typedef {import('../figure.js').Figure} Figure
 * @typedef {import('../figure.js').Measurement} Measurement
 * @typedef {{ figure: Figure, measurements: Measurement[], skipped?: string }} Result
 * @typedef {{ machine: import('../machine.js').Machine, results: Result[], quick: boolean }} Report
 */

export { verdictsOf } from './common.js';

const smokeTest =
  'A quick run: smaller sizes and fewer rounds than the titles say, and no figures to quote.\n';

/** @param {Result} result */
const hasOwnTable = ({ measurements }) => measurements.some(({ rows }) => rows !== undefined);

/**
 * For a terminal.
 *
 * @param {Report} report
 */
export function toTable({ machine, results, quick }) {
  const shared = results.filter((result) => !hasOwnTable(result));
  const tables = [
    ...(shared.length > 0 ? [terminalRows(shared)] : []),
    ...results.filter(hasOwnTable).map(({ measurements }) => contenderRows(measurements)),
  ];
  const notes = [...missed(results), ...withoutFigure(results)].map((line) => `${line}\n`);
  const quickly = quick ? smokeTest : '';
  return `${tables.map(padded).join('\n')}\n${machineLine(machine)}\n${quickly}${notes.join('')}`;
}

/**
 * For `RESULTS.md`.
 *
 * @param {Report} report
 */
export function toMarkdown({ machine, results }) {
  const methods = results.map(({ figure }) => `- **\`${figure.name}\`**, ${figure.title}: ${figure.how}`);
  const own = results.filter(hasOwnTable).map(
    ({ figure, measurements }) => `## \`${figure.name}\`: ${figure.title}

Behind each figure stands Spillway's as a multiple of it, from the same runtime where it is named: of a time,
less than 1 × is faster; of a speed, more than 1 ×.

${markdownTable(contenderRows(measurements))}
`,
  );
  return `# Results

${machineLine(machine)}

Medians of several rounds in which the contenders took turns, each in a fresh process, with the spread
(least–greatest) in brackets. Ratios compare medians of the same run; absolute
figures belong to this machine and this hour. A ratio to a contender that has no column has its figure in
brackets.

${markdownTable(markdownRows(results.filter((result) => !hasOwnTable(result))))}

${section('Why targets are missed', missed(results))}
${section('Without a figure', withoutFigure(results))}
${own.join('\n')}
## How each is measured

${methods.join('\n')}
`.replace(/\n{3,}/g, '\n\n');
}

/** @param {string} title @param {readonly string[]} lines */
const section = (title, lines) =>
  lines.length > 0 ? `${title}:\n\n${lines.map((line) => `- ${line}`).join('\n')}\n` : '';

/**
 * A line for each figure that misses one of its targets.
 *
 * @param {readonly Result[]} results
 */
function missed(results) {
  return results
    .filter(({ measurements }) => measurements.flatMap(verdictsOf).some(({ met }) => met === false))
    .map(({ figure }) => `\`${figure.name}\` misses a target: ${figure.missed ?? 'not known why.'}`);
}

/**
 * The reasons why contenders have no figure, each once for a figure, with the rows that it is about if they
 * are not all.
 *
 * @param {readonly Result[]} results
 */
function withoutFigure(results) {
  return results.flatMap(({ figure, measurements }) => {
    /** @type {Map<string, { names: Set<string>, labels: Set<string> }>} */
    const reasons = new Map();
    for (const { label, contenders } of measurements)
      for (const [name, { error, absent }] of Object.entries(contenders)) {
        const reason = absent ?? (error && `failed: ${error}`);
        if (reason === undefined) continue;
        const { names, labels } = reasons.get(reason) ?? { names: new Set(), labels: new Set() };
        reasons.set(reason, { names: names.add(name), labels: labels.add(label) });
      }
    return [...reasons].map(([reason, { names, labels }]) => {
      const where = labels.size === measurements.length ? '' : ` (${[...labels].join('; ')})`;
      return `\`${figure.name}\`${where}, ${[...names].join(', ')}: ${reason}`;
    });
  });
}
