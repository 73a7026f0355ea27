/** Takes the words of `spillway job …` and `spillway worker …` apart, and runs what they name. */
import { Command, CommanderError } from 'commander';
import { withoutPasswords } from './database.js';
import { defineJob, defineWorker } from './definitions.js';
import {
  NOT_DONE,
  NOT_FINISHED,
  OutputError,
  OWN_ERROR,
  REFUSED,
  ReaderGone,
  UNAVAILABLE,
  UsageError,
} from './failures.js';
import { installedParts } from './installed-parts.js';
import { print } from './output.js';
import type { Parts } from './parts.js';
import { lend, type Tools, tools } from './tools.js';

/** `words`: `job` or `worker`, and what follows. Gives the exit status. Never rejects. */
export async function commandLine(
  words: readonly string[],
  lent: Tools,
  parts: Parts = installedParts,
): Promise<number> {
  lend(lent);
  const result = { status: 0 };
  // commander writes help before it throws; it is written when it can be waited for.
  const texts: string[] = [];
  const program = new Command('spillway')
    .enablePositionalOptions()
    .helpCommand(false)
    .helpOption(false)
    .exitOverride()
    .configureOutput({
      outputError: (text) => say(words, text.replace(/^error: /, '').replace(/\n\((.*)\)\n$/, ' ($1)\n')),
      writeOut: (text) => texts.push(text),
      // A command that lacks its subcommand.
      writeErr: (text) => tools.writeLine(2, tools.safeLines(text.trimEnd())),
      getErrHasColors: () => false,
    });
  const settle = (status: number) => {
    result.status = status;
  };
  defineJob(program, parts, words, settle);
  defineWorker(program, parts, settle);
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    result.status = statusOf(words, error);
  }
  try {
    if (texts.length > 0) await print(texts.join(''));
  } catch (error) {
    result.status = statusOf(words, error);
  }
  return result.status;
}

/** For a shell that ended by SIGPIPE. */
const READER_GONE = 141;

function statusOf(words: readonly string[], error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : REFUSED;
  if (error instanceof ReaderGone) return READER_GONE;
  const { name, code, message, stack } = error as Error & { code?: unknown };
  if (error instanceof UsageError) {
    say(words, message);
    return REFUSED;
  }
  if (name === 'OptionError') {
    say(words, inItsWords(message, (error as { option?: unknown }).option));
    return REFUSED;
  }
  if (name === 'JobsError') {
    say(words, message);
    return STATUSES[String(code)] ?? UNAVAILABLE;
  }
  if (error instanceof OutputError) say(words, message);
  else say(words, `internal error: ${stack ?? String(error)}`, 'lines');
  return OWN_ERROR;
}

/** The library names an option at the beginning. */
function inItsWords(message: string, option: unknown): string {
  if (typeof option !== 'string' || !message.startsWith(option)) return message;
  const word = WORDS[option] ?? `--${option}`;
  return `${word}${message.slice(option.length)}`;
}

/** What has another name in the library. */
const WORDS: Readonly<Record<string, string>> = {
  argv: 'the command',
  idleTimeout: '--idle',
  leaseMs: '--lease',
  olderThan: '--older',
  onEnd: '--on-end',
  slots: 'the limit',
  timeZone: '--tz',
};

/** Others say that the database cannot be used. */
const STATUSES: Readonly<Record<string, number>> = {
  ERR_JOBS_UNKNOWN_JOB: REFUSED,
  ERR_JOBS_UNIQUE: NOT_DONE,
  ERR_JOBS_NOT_FINISHED: NOT_FINISHED,
  ERR_JOBS_CLOSED: OWN_ERROR,
};

/** On one line, but for a stack; without the password of any database that this command line names. */
function say(words: readonly string[], text: string, shape: 'line' | 'lines' = 'line'): void {
  const names = words[0] === 'job' && /^[a-z]+$/.test(words[1] ?? '') ? words.slice(0, 2) : words.slice(0, 1);
  const message = withoutPasswords(text.trimEnd(), databasesIn(words));
  tools.say(`${names.join(' ')}: ${shape === 'line' ? tools.safeLine(message) : message}`);
}

function databasesIn(words: readonly string[]): string[] {
  const all = [
    process.env.DATABASE_URL ?? '',
    ...words.flatMap((word) => [word, word.replace(/^--?[\w-]+=/, '')]),
  ];
  return all.filter((word) => /^postgres(?:ql)?:\/\//i.test(word));
}
