/** Tells what went wrong, on one line, and gives the exit status for it. */
import { CommanderError } from 'commander';
import { withoutPasswords } from './database.js';
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
import { tools } from './tools.js';

/** A shell has it for a program that SIGPIPE has ended. */
const READER_GONE = 141;

/** Codes of JobsError; all others say that the database cannot be used. */
const STATUSES: Readonly<Record<string, number>> = {
  ERR_JOBS_UNKNOWN_JOB: REFUSED,
  ERR_JOBS_UNIQUE: NOT_DONE,
  ERR_JOBS_NOT_FINISHED: NOT_FINISHED,
  ERR_JOBS_CLOSED: OWN_ERROR,
};

/** Options that have another name in the library. */
const WORDS: Readonly<Record<string, string>> = {
  argv: 'the command',
  idleTimeout: '--idle',
  leaseMs: '--lease',
  olderThan: '--older',
  onEnd: '--on-end',
  slots: 'the limit',
  timeZone: '--tz',
};

export class Teller {
  readonly #command: string;
  /** Whose passwords must not be shown. */
  readonly #databases: readonly string[];

  /** `command`: `job add`. */
  constructor(command: string, words: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.#command = command;
    const values = words.map((word) => word.replace(/^--[\w-]+=/, ''));
    this.#databases = [env.DATABASE_URL ?? '', ...values].filter((one) => /^postgres(?:ql)?:\/\//i.test(one));
  }

  say(text: string): void {
    tools.say(`${this.#command}: ${tools.safeLine(this.#safe(text))}`);
  }

  statusOf(error: unknown): number {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : REFUSED;
    if (error instanceof ReaderGone) return READER_GONE;
    const { name, code, option, message, stack } = error as Error & { code?: unknown; option?: unknown };
    if (error instanceof UsageError) return this.#told(message, REFUSED);
    if (name === 'OptionError') return this.#told(inOurWords(message, option), REFUSED);
    if (name === 'JobsError') return this.#told(message, STATUSES[String(code)] ?? UNAVAILABLE);
    if (error instanceof OutputError) return this.#told(message, OWN_ERROR);
    // Several lines.
    tools.say(`${this.#command}: internal error: ${this.#safe(stack ?? String(error))}`);
    return OWN_ERROR;
  }

  #told(message: string, status: number): number {
    this.say(message);
    return status;
  }

  #safe(text: string): string {
    return withoutPasswords(text.trimEnd(), this.#databases);
  }
}

/** A message of the library begins with the name of its option. */
function inOurWords(message: string, option: unknown): string {
  if (typeof option !== 'string' || !message.startsWith(option)) return message;
  return `${WORDS[option] ?? `--${option}`}${message.slice(option.length)}`;
}
