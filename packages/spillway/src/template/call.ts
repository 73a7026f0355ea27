/** A template with its values, as commands and options of run(). */
import { fileURLToPath } from 'node:url';
import {
  absolutePath,
  isFileUrl,
  OptionError,
  ownProperties,
  type ParsedCommand,
  type Redirection,
  shellWord,
} from '../base/index.js';
import type { StageOptions } from '../run/index.js';
import type { Call, ScriptOptions } from '../script/index.js';
import type { Values } from './values.js';

const OPERATORS = { stdin: '<', stdout: '>', stderr: '2>' };

/** Throws TypeError for values, and OptionError. */
export function callOf(parsed: readonly ParsedCommand[], values: Values, given: ScriptOptions): Call {
  const options = ownProperties(given);
  const mask = maskOf(given);
  const directory = directoryOf(given.cwd);
  const shown: string[] = [];
  const show = (...texts: readonly string[]) => given.echo && shown.push(...texts);
  const redirected = (name: keyof typeof OPERATORS, { isAppended, target }: Redirection) => {
    const place = values.place(target);
    const path = place ? '' : values.text(target);
    show(`${OPERATORS[name]}${isAppended ? '>' : ''} ${place ? '…' : shellWord(mask(path))}`);
    const file = directory === undefined || path === '' ? path : absolutePath(directory, path);
    return place ?? { file, ...(isAppended ? { append: true } : {}) };
  };
  const stages = parsed.map(({ words, stdin, stdout, stderr }, index) => {
    const [file, ...args] = words.flatMap((word) => values.words(word));
    if (file === undefined) throw values.refuseAll(words);
    if (index > 0) show('|');
    for (const word of [file, ...args]) show(shellWord(mask(word)));
    if (stdin) Object.assign(options, replaced(given, 'stdin', redirected('stdin', stdin)));
    if (stdout) Object.assign(options, replaced(given, 'stdout', redirected('stdout', stdout)));
    const stage = { file, args, ...inDirectory(file, directory, given) };
    if (stderr === undefined) return stage;
    if (stderr === 'stdout') show('2>&1');
    const place = stderr === 'stdout' ? stderr : redirected('stderr', stderr);
    return { ...stage, ...replaced(parsed.length > 1 ? ownProperties({}) : given, 'stderr', place) };
  });
  return { stages: stages as StageOptions[], options, shown: shown.join(' ') };
}

/** The template as a script for sh(1). */
export function shellCallOf(values: Values, options: ScriptOptions): Call {
  const stages = [{ file: 'sh', args: ['-c', values.script()] }];
  return { stages, options, shown: values.script(maskOf(options)) };
}

function maskOf({ echo }: ScriptOptions): (word: string) => string {
  return typeof echo === 'function' ? (word) => `${echo(word)}` : (word) => word;
}

/** A redirection stands for an option that is a word, as 'inherit', and excludes any other. */
function replaced(given: ScriptOptions, name: 'stdin' | 'stdout' | 'stderr', place: unknown): object {
  const other = name === 'stdin' && given.input !== undefined ? 'input' : name;
  if (given[other] !== undefined && (other === 'input' || typeof given[other] !== 'string'))
    throw OptionError.conflict(other, `the template's "${OPERATORS[name]}"`, 'leave one of them out');
  return { [name]: place };
}

/** As a shell in `cwd`, the template takes paths to be relative to it, also that of a program. */
function inDirectory(file: string, directory: string | undefined, { argv0 = file }: ScriptOptions): object {
  if (directory === undefined || !file.includes('/')) return {};
  return { file: absolutePath(directory, file), argv0 };
}

function directoryOf(cwd: unknown): string | undefined {
  if (isFileUrl(cwd)) return fileURLToPath(cwd.href);
  return typeof cwd === 'string' && cwd !== '' ? cwd : undefined;
}
