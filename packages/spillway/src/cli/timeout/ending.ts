/**
 * How `spillway timeout` ends: as the command did, with an error message, or after printing help or version.
 */
import { errnoOf, errorText, type SystemError, signals, writeSync } from '../../system/index.js';
import { CANNOT_EXECUTE, dieOf, endWith, NOT_FOUND, OWN_ERROR, TIMED_OUT } from '../exit-status.js';
import { type Inherited, signalBit } from '../inherited.js';
import { exactWords } from '../words.js';
import { pointToHelp, quoted, sayOfTimeout } from './messages.js';
import { TimeoutUsageError } from './options.js';
import type { Outcome } from './running-command.js';

/** Ends with the command's status or 124, or by the signal that ended the command before the limit. */
export function endAs(outcome: Outcome, preserveStatus: boolean): never {
  if (outcome.kind === 'lost') {
    sayOfTimeout(`error waiting for command: ${errorText(errnoOf.ECHILD)}`);
    endWith(OWN_ERROR);
  }
  const { status, dumpedCore, timedOut } = outcome;
  if (dumpedCore) sayOfTimeout('the monitored command dumped core');
  if (status.kind === 'exited') endWith(timedOut && !preserveStatus ? TIMED_OUT : status.code);
  if (!timedOut) dieOf(status.signal);
  // As in GNU's, KILL shows in the status even without --preserve-status.
  const preserve = preserveStatus || status.signal === signals.SIGKILL;
  endWith(preserve ? 128 + status.signal : TIMED_OUT);
}

/** The command could not be started. */
export class NotStarted extends Error {
  override readonly name = 'NotStarted';
  readonly reason: SystemError;
  readonly file: Buffer;

  constructor(reason: SystemError, file: Buffer) {
    super(reason.message, { cause: reason });
    this.reason = reason;
    this.file = file;
  }
}

/** The system lacks room for another process, which says nothing about the command. */
const NO_PROCESS: readonly string[] = ['EAGAIN', 'ENOMEM'];

export function fail(error: unknown, words: readonly string[]): never {
  if (error instanceof NotStarted) {
    const { code, errno } = error.reason;
    if (NO_PROCESS.includes(code)) {
      sayOfTimeout(`fork system call failed: ${errorText(errno)}`);
      endWith(OWN_ERROR);
    }
    sayOfTimeout(`failed to run command ${quoted(error.file)}: ${errorText(errno)}`);
    endWith(code === 'ENOENT' ? NOT_FOUND : CANNOT_EXECUTE);
  }
  if (error instanceof TimeoutUsageError) {
    if (error.message !== '')
      sayOfTimeout(error.message.replace('%s', () => quotedWord(error.quoted, words)));
    pointToHelp();
  } else sayOfTimeout(`internal error: ${error instanceof Error ? error.stack : String(error)}`);
  endWith(OWN_ERROR);
}

/** Quotes the exact bytes of a word that Node decoded with a loss; `text` may be the end of a word. */
function quotedWord(text: string | undefined, words: readonly string[]): string {
  const at = words.findIndex((word) => text !== undefined && word.endsWith(text));
  const exact = at === -1 || !text?.includes('\ufffd') ? undefined : exactWords(words)[at];
  return quoted(exact && words[at] === text ? exact : Buffer.from(text ?? ''));
}

/** Prints to stdout and ends this process; a write error ends it with 125, EPIPE by SIGPIPE. */
export function print(text: string, inherited: Inherited): never {
  try {
    for (let rest = Buffer.from(text); rest.length > 0; ) rest = rest.subarray(writeSync(1, rest));
  } catch (error) {
    const { errno = 0, code } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE' && !(inherited.ignored & signalBit(signals.SIGPIPE))) dieOf(signals.SIGPIPE);
    sayOfTimeout(`write error: ${errorText(-errno)}`);
    endWith(OWN_ERROR);
  }
  endWith(0);
}
