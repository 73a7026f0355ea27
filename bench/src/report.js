import { columns } from './figure.js';
import { machineLine } from './machine.js';
import { format } from './statistics.js';
import { describe, describeOutcome, describeRatio, judge } from './targets.js';

/**
 * @typedef {import('./compare.js').Measured} Measured
 * @typedef {import('./figure.js').Measurement} Measurement
 * @typedef {import('./figure.js').Figure} Figure
 * @typedef {import('./targets.js').Verdict} Verdict
 * @typedef {{ figure: Figure, measurements: Measurement[], skipped?: string }} Result
 * @typedef {{ machine: import('./machine.js').Machine, results: Result[], quick: boolean }} Report
 */

const header = ['figure', ...columns, 'ratio', 'target', ''];

const smokeTest =
  'A quick run: smaller sizes and fewer rounds than the titles say, and no figures to quote.\n';

/** @param {Measurement} measurement */
export function verdictsOf({ targets, contenders }) {
  return targets.map((target) => judge(target, contenders));
}

/**
 * For a terminal: the medians, each with its spread below it.
 *
 * @param {Report} report
 */
export function toTable({ machine, results, quick }) {
  const rows = [header, ...results.flatMap(tableRows)];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const printed = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  printed.splice(1, 0, widths.map((width) => '─'.repeat(width)).join('──'));
  return `${printed.join('\n')}\n\n${machineLine(machine)}\n${quick ? smokeTest : ''}${failures(results)
    .map((line) => `${line}\n`)
    .join('')}`;
}

/** @param {Result} result */
function tableRows({ figure, measurements, skipped }) {
  if (skipped !== undefined)
    return [[`${figure.name}: ${figure.title}`, ...columns.map(() => ''), '', '', `skipped: ${skipped}`]];
  return measurements.flatMap((measurement) => {
    const { label, unit, contenders } = measurement;
    const [first = ['', '', ''], ...further] = verdictsOf(measurement).map(verdictCells);
    const second = further.shift() ?? ['', '', ''];
    return [
      [`${figure.name}: ${label}`, ...columns.map((column) => medianOf(contenders[column])), ...first],
      [
        `  ${unit}${besides(contenders)}`,
        ...columns.map((column) => spreadOf(contenders[column])),
        ...second,
      ],
      ...further.map((cells) => ['', ...columns.map(() => ''), ...cells]),
    ];
  });
}

/**
 * For `RESULTS.md`.
 *
 * @param {Report} report
 */
export function toMarkdown({ machine, results }) {
  const rows = results.flatMap(({ figure, measurements, skipped }) =>
    skipped === undefined
      ? measurements.map((measurement) => markdownRow(figure, measurement))
      : [[`\`${figure.name}\`: ${figure.title}`, ...columns.map(() => ''), '', `skipped: ${skipped}`, '']],
  );
  const table = [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
  const methods = results.map(({ figure }) => `- **\`${figure.name}\`**, ${figure.title}: ${figure.how}`);
  return `# Results

${machineLine(machine)}

Medians of several rounds in which the contenders took turns, each in a fresh process, with the spread
(least–greatest) in brackets. Ratios compare medians of the same run; absolute
figures belong to this machine and this hour.

${table.join('\n')}

${[...failures(results).map((line) => `- ${line}`), ''].join('\n')}
## How each is measured

${methods.join('\n')}
`.replace(/\n{3,}/g, '\n\n');
}

/**
 * @param {Figure} figure
 * @param {Measurement} measurement
 */
function markdownRow(figure, measurement) {
  const { label, unit, contenders } = measurement;
  const cells = columns.map((column) => [medianOf(contenders[column]), spreadOf(contenders[column])]);
  const verdicts = verdictsOf(measurement).map(verdictCells);
  return [
    `\`${figure.name}\`: ${label}, ${unit}${besides(contenders)}`,
    ...cells.map(([median, spread]) => (spread ? `${median} (${spread})` : median)),
    ...[0, 1, 2].map((cell) => verdicts.map((verdict) => verdict[cell]).join('<br>')),
  ];
}

/**
 * Contenders that have no column, as those of one figure.
 *
 * @param {Record<string, Measured>} contenders
 */
function besides(contenders) {
  return Object.keys(contenders)
    .filter((name) => !columns.includes(name))
    .map((name) => `; ${name} ${medianOf(contenders[name])}`)
    .join('');
}

/** @param {Verdict} verdict */
const verdictCells = (verdict) => [
  describeRatio(verdict),
  describe(verdict.target),
  describeOutcome(verdict),
];

/** @param {Measured | undefined} measured */
function medianOf(measured) {
  if (measured?.error !== undefined) return 'failed';
  return measured?.summary ? format(measured.summary.median) : '';
}

/** @param {Measured | undefined} measured */
function spreadOf(measured) {
  const summary = measured?.summary;
  return summary && summary.values.length > 1 ? `${format(summary.min)}–${format(summary.max)}` : '';
}

/**
 * The reasons why contenders have no figure, each once.
 *
 * @param {Result[]} results
 */
function failures(results) {
  const lines = results.flatMap(({ figure, measurements }) =>
    measurements.flatMap(({ contenders }) =>
      Object.entries(contenders).flatMap(([name, { error }]) =>
        error ? [`${figure.name}: ${name} failed: ${error}`] : [],
      ),
    ),
  );
  return [...new Set(lines)];
}
