/**
 * Parses the command line of timeout(1) as getopt_long(3) does for GNU's: any unambiguous prefix of a long
 * option, several short options in one word, values attached or separate; options end at the first operand.
 *
 * Neither commander nor node:util's parseArgs accepts prefixes, and parseArgs reads options after the first
 * operand. Errors arise in getopt's order, so that the first of several is reported.
 */
import { safeLine } from '../../base/index.js';
import { parseSeconds } from './duration.js';
import { parseSignal } from './signal-spec.js';

export interface TimeoutRequest {
  readonly kind: 'run';
  /** 0: no limit. */
  readonly seconds: number;
  /** 0: never. */
  readonly killAfterSeconds: number;
  readonly signal: number;
  readonly foreground: boolean;
  readonly preserveStatus: boolean;
  readonly verbose: boolean;
  /** Index of the command in the words. */
  readonly commandAt: number;
}

export type TimeoutCommandLine = TimeoutRequest | { readonly kind: 'help' } | { readonly kind: 'version' };

/** A usage error; `quoted` is the word that replaces `%s` in the message. */
export class TimeoutUsageError extends Error {
  override readonly name = 'TimeoutUsageError';
  readonly quoted: string | undefined;

  /** Without a message, only the hint about --help is printed. GNU's quotes a wrong option as it is. */
  constructor(message = '', quoted?: string) {
    super(safeLine(message));
    this.quoted = quoted;
  }
}

type Option = 'foreground' | 'kill-after' | 'preserve-status' | 'signal' | 'verbose' | 'help' | 'version';

const LONG: readonly Option[] = [
  'foreground',
  'kill-after',
  'preserve-status',
  'signal',
  'verbose',
  'help',
  'version',
];
const SHORT: Readonly<Record<string, Option>> = {
  f: 'foreground',
  k: 'kill-after',
  p: 'preserve-status',
  s: 'signal',
  v: 'verbose',
};
const takesValue = (option: Option) => option === 'kill-after' || option === 'signal';

const SIGTERM = 15;

export function parseTimeoutOptions(words: readonly string[]): TimeoutCommandLine {
  const found = {
    killAfterSeconds: 0,
    signal: SIGTERM,
    foreground: false,
    preserveStatus: false,
    verbose: false,
  };
  let at = 0;
  while (at < words.length) {
    const word = words[at] as string;
    if (!word.startsWith('-') || word === '-') break;
    at++;
    if (word === '--') break;
    for (const { option, value } of word.startsWith('--') ? [longOption(word)] : shortOptions(word)) {
      if (option === 'help' || option === 'version') return { kind: option };
      if (!takesValue(option)) set(found, option, '');
      else if (value !== undefined) set(found, option, value);
      else if (at < words.length) set(found, option, words[at++] as string);
      else throw new TimeoutUsageError(valueMissing(word, option));
    }
  }
  const [duration, command] = words.slice(at, at + 2);
  if (duration === undefined || command === undefined) throw new TimeoutUsageError();
  return { kind: 'run', ...found, seconds: seconds(duration), commandAt: at + 1 };
}

interface Given {
  readonly option: Option;
  readonly value: string | undefined;
}

function longOption(word: string): Given {
  const equals = word.indexOf('=');
  const name = word.slice(2, equals === -1 ? undefined : equals);
  const value = equals === -1 ? undefined : word.slice(equals + 1);
  const matches = LONG.filter((option) => option.startsWith(name));
  const option = matches.find((match) => match === name) ?? matches[0];
  if (option === undefined) throw new TimeoutUsageError(`unrecognized option '${word}'`);
  if (option !== name && matches.length > 1) {
    const possibilities = matches.map((match) => `'--${match}'`).join(' ');
    throw new TimeoutUsageError(`option '${word}' is ambiguous; possibilities: ${possibilities}`);
  }
  if (value !== undefined && !takesValue(option)) {
    throw new TimeoutUsageError(`option '--${option}' doesn't allow an argument`);
  }
  return { option, value };
}

/** Lazily: an earlier option may fail, or end the parsing, before a later one is examined. */
function* shortOptions(word: string): Generator<Given> {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] as string;
    const option = Object.hasOwn(SHORT, letter) ? SHORT[letter] : undefined;
    if (option === undefined) throw new TimeoutUsageError(`invalid option -- '${letter}'`);
    const rest = takesValue(option) ? word.slice(at + 1) : '';
    yield { option, value: rest === '' ? undefined : rest };
    if (takesValue(option)) return;
  }
}

function valueMissing(word: string, option: Option): string {
  return word.startsWith('--')
    ? `option '--${option}' requires an argument`
    : `option requires an argument -- '${option[0]}'`;
}

interface Settings {
  killAfterSeconds: number;
  signal: number;
  foreground: boolean;
  preserveStatus: boolean;
  verbose: boolean;
}

function set(settings: Settings, option: Option, value: string): void {
  if (option === 'kill-after') settings.killAfterSeconds = seconds(value);
  else if (option === 'signal') settings.signal = signal(value);
  else if (option === 'foreground') settings.foreground = true;
  else if (option === 'preserve-status') settings.preserveStatus = true;
  else if (option === 'verbose') settings.verbose = true;
}

function seconds(text: string): number {
  const parsed = parseSeconds(text);
  if (parsed === undefined) throw new TimeoutUsageError('invalid time interval %s', text);
  return parsed;
}

function signal(text: string): number {
  const parsed = parseSignal(text);
  if (parsed === undefined) throw new TimeoutUsageError('%s: invalid signal', text);
  return parsed;
}
