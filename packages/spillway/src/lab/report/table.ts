/** Outcomes as text for a terminal. What programs and the kernel said is shown without control characters. */
import { counted, safeLines } from '../../base/index.js';
import { GROUPS } from '../experiment.js';
import type { Check, Verdict } from '../notes.js';
import { broken, type Outcome } from '../outcome.js';
import { inText } from '../picture/index.js';
import { columns, folded } from './columns.js';

export interface TableOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly isColoured: boolean;
}

const COLOURS: Readonly<Record<Verdict, number>> = { agrees: 32, differs: 31, 'could not be run': 33 };
const VERDICT = 'could not be run'.length;
const NARROWEST = 60;

/** One experiment, with its checks below it. Ends with a newline. */
export function outcomeText(outcome: Outcome, { width: given, isColoured }: TableOptions): string {
  const width = Math.max(given, NARROWEST) - 2;
  const rest = width - VERDICT - 6;
  const what = Math.floor(rest * 0.42);
  const half = (rest - what) / 2;
  const widths = [VERDICT, what, Math.floor(half), Math.ceil(half)];
  const { name, group, question, checks, figures, words, pictures, follows, why, source } = outcome;
  const colour = (text: string, verdict: Verdict) =>
    isColoured ? text.replace(verdict, `\x1b[${COLOURS[verdict]}m${verdict}\x1b[0m`) : text;
  const rows = checks.flatMap((check) => {
    const [first = '', ...more] = columns([row(check)], widths);
    return [colour(first, check.verdict), ...more];
  });
  const lines = [
    ...(checks.length > 0 ? columns([['', 'tried', 'expected', 'seen']], widths) : []),
    ...rows,
    ...figures.flatMap((one) => folded(safeLines(`${one.what}: ${one.value}`), width)),
    ...pictures.flatMap((picture) => ['', ...inText(picture).map(safeLines), '']),
    ...words.flatMap((one) => said(one.about, one.words)),
    ...(outcome.verdict === 'could not be run' ? folded(safeLines(`Why: ${why}`), width) : []),
    ...folded(`Written in: ${source}`, width),
    ...folded(`So: ${follows}`, width),
  ];
  const body = lines.map((line) => `  ${line}`.trimEnd()).join('\n');
  const title = `${name} (${GROUPS[group]}): ${outcome.verdict}`;
  return `${colour(title, outcome.verdict)}\n${folded(question, width).join('\n')}\n${body}\n`;
}

function row({ what, expected, seen, verdict, why, isAside }: Check): string[] {
  const cells = [verdict, isAside ? `${what} *` : what, expected, seen ?? why ?? ''];
  return cells.map(safeLines);
}

/** The doctor has laid out its lines itself. */
function said(about: string, words: string): string[] {
  const lines = safeLines(words).split('\n');
  return ['', `The doctor on ${about}:`, ...lines.map((line) => `| ${line}`)];
}

/** The last lines: how many of each, and what the library relies on that is not so here. */
export function summaryText(outcomes: readonly Outcome[]): string {
  const count = (verdict: Verdict) => outcomes.filter((one) => one.verdict === verdict).length;
  const seconds = outcomes.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000;
  const refused = count('could not be run');
  const lines = [
    `${counted(outcomes.length, 'experiment')} in ${seconds.toFixed(1)} s: ${count('agrees')} agree, ` +
      `${count('differs')} differ, ${refused} could not be run.`,
    ...outcomes.flatMap((outcome) =>
      broken(outcome).map(
        ({ what, expected, seen }) =>
          `The library relies on this (${outcome.name}: ${outcome.relied}): ${what}: ` +
          `${expected}; here: ${safeLines(seen ?? '')}.`,
      ),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** Names and questions. */
export function listText(
  all: readonly { readonly name: string; readonly group: keyof typeof GROUPS; readonly question: string }[],
  claims: number,
): string {
  const longest = Math.max(...all.map(({ name }) => name.length));
  const lines = Object.entries(GROUPS).flatMap(([group, title]) => [
    `${title} (${group})`,
    ...all
      .filter((one) => one.group === group)
      .map(({ name, question }) => `  ${name.padEnd(longest)}  ${question}`),
  ]);
  return `${[...lines, `claims: ${claims} statements of articles, each with its experiment`].join('\n')}\n`;
}
