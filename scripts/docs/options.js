/** The part of the reference about options: one table of all, then each by itself. */
import { cell, oneLine, prose, wrapped } from './render.js';

const COLUMNS = [
  'option',
  'values',
  'default',
  '`run`',
  '`start`',
  '`runSync`',
  'pipeline',
  'one of a pipeline',
  'command line',
];
const VERBS = ['run', 'start', 'runSync', 'pipeline'];

/** Options of `spillway run`, and those of the library that they set. */
const FLAGS = {
  timeout: ['--timeout'],
  idleTimeout: ['--idle-timeout'],
  diagnose: ['--no-diagnose'],
  terminate: ['--signal', '--grace', '--leftovers-grace'],
  leftovers: ['--leftovers'],
  cwd: ['--cwd'],
  env: ['--env'],
  stdout: ['--log', '--quiet'],
  stderr: ['--log', '--quiet'],
};
const FLAGS_ALONE = ['--log-timestamps', '--json', '--json-file', '--retry', '--retry-delay', '--help'];

/**
 * @param {Record<string, { refusals?: Record<string, string>, isOfStage?: true }>} table
 * @param {{ members: (name: string) => { name: string, signature: string, comment: string }[],
 *   type: (text: string) => string, help: string }} from
 */
export function optionsPart(table, { members, type, help }) {
  requireFlags(help);
  const rows = ['RunOptions', 'StartOptions', 'SyncRunOptions'].map(
    (name) => new Map(members(name).map((member) => [member.name, member])),
  );
  const [ofRun, ofStart, ofSync] = rows;
  for (const name of [...ofRun.keys()])
    if (!Object.hasOwn(table, name)) throw new Error(`the option ${name} has no row in run/options/table.ts`);
  const lines = Object.entries(table).map(([name, option]) => {
    if (option.refusals?.pipeline !== option.refusals?.startPipeline)
      throw new Error(`${name}: pipeline and startPipeline differ, and the page has one column for both`);
    const refuses = (verb) => option.refusals?.[verb] !== undefined;
    const marks = VERBS.map((verb) => (refuses(verb) ? '–' : '✓'));
    const flags = (FLAGS[name] ?? []).map((flag) => `\`${flag}\``).join(', ');
    const stage = option.isOfStage ? '✓' : '–';
    const values = type(typeOf(ofRun.get(name)));
    const all = [`[\`${name}\`](#option-${name.toLowerCase()})`, values, defaults(name, ofRun, ofStart)];
    return `| ${[...all, ...marks, stage, flags].join(' | ')} |`;
  });
  const parts = [
    wrapped(
      'All options of all functions. `startPipeline` takes what `pipeline` takes, and `$` what `run` and ' +
        '`start` take. ✓: it takes the option. –: it refuses it, with a reason, unless the value is the ' +
        'default. "One of a pipeline": a single command of a pipeline may have its own. The last column ' +
        'has the options of `spillway run` for it ([cli.md](cli.md)). An unknown name is an `OptionError`.',
    ),
    [`| ${COLUMNS.join(' | ')} |`, '|---|---|---|:-:|:-:|:-:|:-:|:-:|---|', ...lines].join('\n'),
  ];
  for (const [name, { refusals = {} }] of Object.entries(table)) {
    const text = [wrapped(`**\`${name}\`**: ${ofRun.get(name).comment}`)];
    for (const [verb, other] of [
      ['start', ofStart.get(name)],
      ['runSync', ofSync.get(name)],
    ])
      if (other && oneLine(other.comment) !== oneLine(ofRun.get(name).comment) && !refusals[verb])
        text.push(wrapped(`With \`${verb}\`: ${prose(other.comment).text.replaceAll('\n', ' ')}`));
      else if (other && typeOf(other) !== typeOf(ofRun.get(name)) && !refusals[verb])
        text.push(wrapped(`With \`${verb}\`: ${type(typeOf(other))}.`));
    for (const [verb, reason] of Object.entries(refusals))
      if (VERBS.includes(verb)) text.push(wrapped(`Not for \`${verb}\`: ${reason}.`));
    parts.push(`<a id="option-${name.toLowerCase()}"></a>\n\n${text.join('\n\n')}`);
  }
  return parts.join('\n\n');
}

function typeOf({ signature }) {
  return oneLine(signature).replace(/^\w+\??: /, '');
}

/** What is behind "Default:" in the comment, to the end of its sentence. */
function defaultOf(member) {
  const [, text] = /Default: ([\s\S]*?)(?:\.(?=\s|$)|$)/.exec(oneLine(member.comment)) ?? [];
  if (!text) throw new Error(`${member.name}: its comment has no default`);
  return text;
}

function defaults(name, ofRun, ofStart) {
  const [run, start] = [defaultOf(ofRun.get(name)), defaultOf(ofStart.get(name))];
  return cell(run === start ? run : `${run}; \`start\`: ${start}`);
}

/** The help of `spillway run` has no option that the page does not know, and none is gone. */
function requireFlags(help) {
  const there = new Set([...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag));
  const known = new Set([...Object.values(FLAGS).flat(), ...FLAGS_ALONE]);
  for (const flag of known) if (!there.delete(flag)) throw new Error(`spillway run has no option ${flag}`);
  if (there.size > 0) throw new Error(`scripts/docs/options.js does not know ${[...there].join(', ')}`);
}
