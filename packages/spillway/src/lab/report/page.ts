/**
 * One page with everything: it loads nothing, neither scripts nor fonts, and follows the light or dark scheme
 * of its reader.
 */
import { safeLines, xmlText } from '../../base/index.js';
import type { Answer } from '../claims/index.js';
import { GROUPS, type Group } from '../experiment.js';
import type { Check, Verdict } from '../notes.js';
import { broken, type Outcome } from '../outcome.js';
import { DARK_STYLE, RULES, STYLE, svgOf } from '../picture/index.js';
import { type Host, hostLine } from './host.js';
import { pageStyle } from './page-style.js';

/** All text of a page passes through here: programs and the kernel have said some of it. */
const text = (words: string) => xmlText(safeLines(words));

const CLASSES: Readonly<Record<Verdict | Answer['answer'], string>> = {
  agrees: 'good',
  refuted: 'good',
  differs: 'bad',
  'not refuted': 'bad',
  'could not be run': 'unknown',
};

export function page(machine: Host, outcomes: readonly Outcome[], answers: readonly Answer[]): string {
  const groups = (Object.keys(GROUPS) as Group[]).filter((group) =>
    outcomes.some((outcome) => outcome.group === group),
  );
  const parts = [
    `<h1>What pipes and processes do on this machine</h1>`,
    `<p class="host">${text(`${hostLine(machine)}. ${machine.date}.`)} By <code>spillway lab</code>.</p>`,
    summary(outcomes),
    contents(groups, answers.length > 0),
    ...(answers.length > 0 ? [claimsSection(answers)] : []),
    ...groups.map((group) => groupSection(group, outcomes)),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>spillway lab: ${text(machine.system)}</title>
<style>
:root {${STYLE}
}
@media (prefers-color-scheme: dark) {
:root {${DARK_STYLE}
}
}
${pageStyle}${RULES}
</style>
</head>
<body>
<main>
${parts.join('\n')}
</main>
</body>
</html>
`;
}

function summary(outcomes: readonly Outcome[]): string {
  const count = (verdict: Verdict) => outcomes.filter((one) => one.verdict === verdict).length;
  const tiles = (['agrees', 'differs', 'could not be run'] as const).map(
    (verdict) => `<li class="${CLASSES[verdict]}"><b>${count(verdict)}</b> ${verdict}</li>`,
  );
  const faults = outcomes.flatMap((outcome) =>
    broken(outcome).map(
      ({ what, expected, seen = '' }) =>
        `<li><a href="#${outcome.name}">${outcome.name}</a>: ${text(what)}: expected ${text(expected)}, ` +
        `seen ${text(seen)}</li>`,
    ),
  );
  const reliance =
    faults.length === 0
      ? '<p>Everything that the library relies on, and that was run, is so on this machine.</p>'
      : `<p>The library relies on what is not so here:</p><ul>${faults.join('')}</ul>`;
  return `<ul class="tiles">${tiles.join('')}</ul>${reliance}`;
}

function contents(groups: readonly Group[], hasClaims: boolean): string {
  const links = groups.map((group) => `<a href="#${group}">${GROUPS[group]}</a>`);
  return `<nav>${[...(hasClaims ? ['<a href="#claims">claims</a>'] : []), ...links].join(' ')}</nav>`;
}

function claimsSection(answers: readonly Answer[]): string {
  const rows = answers.map(
    ({ claim, truth, answer, seen, experiment }) =>
      `<tr><td>${text(claim)}</td><td>${answer === 'refuted' ? text(truth) : ''}` +
      `<div class="faint">${seen.map(text).join('<br>')}</div></td>` +
      `<td class="verdict ${CLASSES[answer]}">${answer}</td>` +
      `<td><a href="#${experiment}">${experiment}</a></td></tr>`,
  );
  const head =
    '<tr><th>what articles say</th><th>what this machine says</th><th></th><th>experiment</th></tr>';
  return `<section id="claims"><h2>Claims of articles</h2>${table(head, rows)}</section>`;
}

function groupSection(group: Group, outcomes: readonly Outcome[]): string {
  const own = outcomes.filter((outcome) => outcome.group === group);
  return `<section id="${group}"><h2>${GROUPS[group]}</h2>\n${own.map(article).join('\n')}</section>`;
}

function article(outcome: Outcome): string {
  const { name, question, steps, expected, source, relied, follows, verdict, why, checks } = outcome;
  const { figures, words, pictures } = outcome;
  const rows = checks.map(checkRow);
  const head = '<tr><th>tried</th><th>expected</th><th>seen</th><th></th></tr>';
  const parts = [
    `<h3><code>${text(name)}</code> <span class="verdict ${CLASSES[verdict]}">${verdict}</span></h3>`,
    `<p class="question">${text(question)}</p>`,
    ...(verdict === 'could not be run' && why !== undefined ? [`<p class="why">${text(why)}</p>`] : []),
    `<details><summary>Steps</summary><ol>${items(steps)}</ol></details>`,
    `<p><b>Expected.</b> ${text(expected)} <span class="faint">${text(source)}</span></p>`,
    ...(rows.length > 0 ? [table(head, rows)] : []),
    ...pictures.map((picture) => `<figure>${svgOf(picture)}</figure>`),
    ...(figures.length > 0
      ? [`<dl>${figures.map((one) => `<dt>${text(one.what)}</dt><dd>${text(one.value)}</dd>`).join('')}</dl>`]
      : []),
    ...words.map(
      (one) =>
        `<details><summary>The doctor on ${text(one.about)}</summary><pre>${text(one.words)}</pre></details>`,
    ),
    `<p><b>What follows.</b> ${text(follows)}</p>`,
    ...(relied === undefined ? [] : [`<p class="faint">The library relies on it: ${text(relied)}.</p>`]),
  ];
  return `<article id="${text(name)}">\n${parts.join('\n')}\n</article>`;
}

function checkRow({ what, expected, seen, why, verdict, isAside }: Check): string {
  const aside = isAside ? ' <span class="faint" title="nothing relies on it">*</span>' : '';
  return (
    `<tr><td>${text(what)}${aside}</td><td>${text(expected)}</td><td>${text(seen ?? why ?? '')}</td>` +
    `<td class="verdict ${CLASSES[verdict]}">${verdict}</td></tr>`
  );
}

function items(all: readonly string[]): string {
  return all.map((one) => `<li>${text(one)}</li>`).join('');
}

/** Wide ones scroll by themselves, so that the page does not. */
function table(head: string, rows: readonly string[]): string {
  return `<div class="wide"><table><thead>${head}</thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}
