/** Claims and answers side by side, as text. */
import { safeLines } from '../../base/index.js';
import type { Answer } from '../claims/index.js';
import { columns } from './columns.js';
import type { TableOptions } from './table.js';

const ANSWER = 'could not be run'.length;
const COLOURS: Readonly<Record<Answer['answer'], number>> = {
  refuted: 32,
  'not refuted': 31,
  'could not be run': 33,
};

/** Ends with a newline. */
export function claimsText(answers: readonly Answer[], { width, isColoured }: TableOptions): string {
  const longest = Math.max(10, ...answers.map(({ experiment }) => experiment.length));
  const rest = Math.max(Math.max(width, 60) - ANSWER - longest - 6, 30);
  const widths = [Math.floor(rest * 0.45), Math.ceil(rest * 0.55), ANSWER, longest];
  const head = columns([['what articles say', 'what this machine says', '', 'experiment']], widths);
  const rows = answers.flatMap(({ claim, truth, answer, seen, experiment }) => {
    const says = answer === 'refuted' ? `${truth} (${seen.join('; ')})` : seen.join('; ');
    const lines = columns([[claim, safeLines(says), answer, experiment]], widths);
    const painted = `\x1b[${COLOURS[answer]}m${answer}\x1b[0m`;
    return [
      ...lines.map((line, index) => (isColoured && index === 0 ? line.replace(answer, painted) : line)),
      '',
    ];
  });
  return `${[...head, '', ...rows].join('\n').trimEnd()}\n`;
}
