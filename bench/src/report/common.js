/** The table that most figures share: a row for each measurement, a column for each contender. */
import { columns } from '../figure.js';
import { format } from '../statistics.js';
import { describe, describeOutcome, describeRatio, judge } from '../targets.js';
import { medianAndSpread, medianOf, spreadOf } from './cells.js';

/**
 * @typedef {import('../figure.js').Figure} Figure
 * @typedef {import('../figure.js').Measurement} Measurement
 * @typedef {import('../targets.js').Verdict} Verdict
 * @typedef {import('./index.js').Result} Result
 */

const header = ['figure', ...columns, 'ratio', 'target', ''];

/** @param {Measurement} measurement */
export function verdictsOf({ targets, contenders }) {
  return targets.map((target) => judge(target, contenders));
}

/**
 * The medians, each with its spread below it.
 *
 * @param {readonly Result[]} results
 */
export function terminalRows(results) {
  return [header, ...results.flatMap(rowsOf)];
}

/** @param {Result} result */
function rowsOf({ figure, measurements, skipped }) {
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

/** @param {readonly Result[]} results */
export function markdownRows(results) {
  const rows = results.flatMap(({ figure, measurements, skipped }) =>
    skipped === undefined
      ? measurements.map((measurement) => markdownRow(figure, measurement))
      : [[`\`${figure.name}\`: ${figure.title}`, ...columns.map(() => ''), '', `skipped: ${skipped}`, '']],
  );
  return [header, ...rows];
}

/**
 * @param {Figure} figure
 * @param {Measurement} measurement
 */
function markdownRow(figure, measurement) {
  const { label, unit, contenders } = measurement;
  const verdicts = verdictsOf(measurement).map(verdictCells);
  return [
    `\`${figure.name}\`: ${label}, ${unit}${besides(contenders)}`,
    ...columns.map((column) => medianAndSpread(contenders[column])),
    ...[0, 1, 2].map((cell) => verdicts.map((verdict) => verdict[cell]).join('<br>')),
  ];
}

/**
 * Contenders without a column, as those of one figure alone.
 *
 * @param {Measurement['contenders']} contenders
 */
function besides(contenders) {
  return Object.keys(contenders)
    .filter((name) => !columns.includes(name))
    .map((name) => `; ${name} ${medianOf(contenders[name])}`)
    .join('');
}

/** @param {Verdict} verdict */
const verdictCells = (verdict) => [ratioCell(verdict), describe(verdict.target), describeOutcome(verdict)];

/**
 * With the other's figure, if no column has it.
 *
 * @param {Verdict} verdict
 */
function ratioCell(verdict) {
  const { target, other } = verdict;
  const isShown = target.against === undefined || columns.includes(target.against) || other === undefined;
  return isShown ? describeRatio(verdict) : `${describeRatio(verdict)} (${format(other)})`;
}
