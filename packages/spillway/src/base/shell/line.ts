/**
 * Takes a line apart: words, quotes, pipes and redirections, as a POSIX shell reads them (XCU, chapter 2).
 * What else a shell would act on is an error with a way out, so that no text means one thing here and another
 * in a shell.
 */
import { ownProperties } from '../own-properties.js';
import { refusal, refusalOfName } from './refusals.js';
import { VALUE } from './value.js';

export interface Word {
  /** Literal text, and the numbers of values, in turn. */
  readonly parts: readonly (string | number)[];
  /** Its text as written, with VALUE for what is quoted and for values. */
  readonly bare: string;
  readonly at: number;
}
export interface Redirection {
  readonly isAppended: boolean;
  readonly target: Word;
}
export interface ParsedCommand {
  readonly words: Word[];
  stdin?: Redirection;
  stdout?: Redirection;
  stderr?: Redirection | 'stdout';
}

/** A `$` that expands nothing is text. A number or a `#` is more than that only where a word would begin. */
const TOKEN = new RegExp(
  [
    /(?<blank>[ \t]+)/,
    /(?<joined>\\\n)/,
    /(?<numbered>\d+(?:>>|>&1(?![^ \t\n|&;()])|>&?|<[<&>]?))/,
    /(?<sign>>>|>[&|(]?|<[<&>(]?|&>>?|&&?|;|\|[|&]?|\n[ \t\n]*)/,
    /'(?<single>[^']*)'/,
    /"(?<double>(?:[^"\\]|\\[\s\S])*)"/,
    /(?<open>['"])/,
    /\\(?<escaped>[\s\S]?)/,
    /(?<special>[`*?()#]|\$(?=[\w{(@*#?$!'"-]))/,
    /(?<text>[^ \t\n'"\\|&;<>`*?()$]+|\$)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);
/** A backslash escapes these alone between double quotes. */
const DOUBLE = /\\(?<escaped>[$`"\\\n])|(?<special>`|\$(?=[\w{(@*#?$!-]))|[\s\S]/g;
const REDIRECTIONS = /^(?:0?<|1?>>?|2>>?|&>>?)$/;

/** Makes the error for a place of the line. */
export type ErrorAt = (at: number, problem: string) => Error;

/** The commands of a pipeline, of a line with VALUE for each value. */
export function parseLine(line: string, errorAt: ErrorAt): readonly ParsedCommand[] {
  let command: ParsedCommand = ownProperties({ words: [] });
  const commands = [command];
  let word: { parts: (string | number)[]; bare: string; readonly at: number } | undefined;
  let redirection: { readonly operator: string; readonly at: number } | undefined;
  let newline: number | undefined;
  let values = 0;

  const add = (text: string, at: number, bare: string) => {
    word ??= { parts: [''], bare: '', at };
    word.bare += bare;
    for (const piece of text.split(/(\0)/))
      if (piece === VALUE) word.parts.push(values++, '');
      else word.parts.push(`${word.parts.pop()}${piece}`);
  };
  const redirect = (stream: 'stdin' | 'stdout' | 'stderr', to: Redirection | 'stdout', at: number) => {
    if (stream === 'stdin' && commands.length > 1)
      throw errorAt(at, 'its stdin is the command before it; redirect that of the first command');
    if (command[stream] !== undefined)
      throw errorAt(at, `${stream} is redirected twice; the option ${stream} can be a list of places`);
    if (stream === 'stdout' && command.stderr === 'stdout')
      throw errorAt(at, 'in a shell, 2>&1 sends stderr to where stdout goes by then; write > before it');
    command[stream] = to as Redirection;
  };
  const endWord = () => {
    if (!word) return;
    if (redirection) {
      const { operator, at } = redirection;
      const to = { isAppended: operator.endsWith('>>'), target: word };
      redirect(/<$/.test(operator) ? 'stdin' : operator[0] === '2' ? 'stderr' : 'stdout', to, at);
      if (operator[0] === '&') redirect('stderr', 'stdout', at);
    } else command.words.push(word);
    requireLiteral(word, errorAt, !redirection && command.words.length === 1);
    word = redirection = undefined;
  };
  const endCommand = (at: number) => {
    endWord();
    if (redirection) throw errorAt(redirection.at, `"${redirection.operator}" names no file`);
    if (command.words.length === 0) throw errorAt(at, 'a command is missing here');
  };

  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(line); found; found = TOKEN.exec(line)) {
    const { index: at, 0: all, groups = {} } = found;
    const { blank, joined, numbered, sign, single, double, open, escaped, special, text } = groups;
    const begun = word && (/^\d+/.exec(numbered ?? '')?.[0] ?? (special === '#' ? special : undefined));
    if (begun !== undefined) {
      add(begun, at, begun);
      TOKEN.lastIndex = at + begun.length;
      continue;
    }
    const operator = numbered ?? sign;
    if (blank !== undefined) endWord();
    else if (joined !== undefined) {
      if (word) word.bare += VALUE.repeat(2);
    } else if (operator?.[0] === '\n') {
      endWord();
      if (redirection || command.words.length > 0) newline ??= at;
    } else if (newline !== undefined) throw errorAt(newline, refusal('\n'));
    else if (special !== undefined) throw errorAt(at, refusal(special));
    else if (open !== undefined) throw errorAt(at, `this quote (${open}) is not closed`);
    else if (operator === '|') {
      endCommand(at);
      if (command.stdout) throw errorAt(at, 'its stdout is redirected already; tee(1) writes to both');
      command = ownProperties({ words: [] });
      commands.push(command);
    } else if (operator !== undefined) {
      endWord();
      if (redirection) throw errorAt(redirection.at, `"${redirection.operator}" names no file`);
      if (operator === '2>&1') redirect('stderr', 'stdout', at);
      else if (REDIRECTIONS.test(operator)) redirection = { operator, at };
      else throw errorAt(at, refusal(operator));
    } else if (double !== undefined) {
      let content = '';
      for (const { 0: character, index, groups: of = {} } of double.matchAll(DOUBLE)) {
        if (of.special !== undefined) throw errorAt(at + 1 + index, refusal(of.special));
        if (of.escaped !== '\n') content += of.escaped ?? character;
      }
      add(content, at, VALUE.repeat(all.length));
    } else if (escaped !== undefined) {
      const way = `'\\${escaped}' in quotes is both, \${'\\${escaped}'} what JavaScript takes it for`;
      if (/^[A-Za-z0-9]?$/.test(escaped)) throw errorAt(at, `"\\${escaped}" is no escape: ${way}`);
      add(escaped, at, VALUE.repeat(2));
    } else add(single ?? text ?? '', at, text ?? VALUE.repeat(all.length));
  }
  endCommand(line.length);
  return commands;
}

/** Refuses what a whole word shows: variables, home directories, file names, braces, words of the shell. */
function requireLiteral({ bare, at }: Word, errorAt: ErrorAt, isName: boolean): void {
  const assigned = /^[A-Za-z_]\w*\+?=/.exec(bare)?.[0] ?? '';
  if (isName && assigned) throw errorAt(at + assigned.length - 1, refusal('='));
  if (bare[assigned.length] === '~') throw errorAt(at + assigned.length, refusal('~'));
  const files = bare.search(/\[[\s\S]+\]/);
  if (files >= 0) throw errorAt(at + files, refusal('['));
  // A pair without a list, as in stash@{1}, is text, and would hide a list around it.
  const pairs = /\{(?:(?!\.\.)[^{},])*\}/g;
  const braces = bare
    .replaceAll(pairs, (pair) => VALUE.repeat(pair.length))
    .search(/\{[^{}]*(?:,|\.\.)[^{}]*\}/);
  if (braces >= 0) throw errorAt(at + braces, refusal('{'));
  const problem = isName ? refusalOfName(bare) : undefined;
  if (problem !== undefined) throw errorAt(at, problem);
}
