/** The messages of timeout(1), on stderr, with GNU's wording. */
import { canWriteAtOnce, characterSet, write } from '../../system/index.js';
import { writeLine } from '../messages.js';
import { quoteWord } from './quote.js';

const NAME = 'timeout';

export function sayOfTimeout(text: string): void {
  writeLine(2, `${NAME}: ${text}`);
}

export function pointToHelp(): void {
  writeLine(2, `Try '${NAME} --help' for more information.`);
}

/**
 * Like `sayOfTimeout`, for places that must not block on a stopped reader of stderr: a line without room is
 * written later, or never.
 */
export function sayWithoutWaiting(text: string): void {
  if (canWriteAtOnce(2)) sayOfTimeout(text);
  else {
    const line = Buffer.from(`${NAME}: ${text}\n`);
    write(2, line, 0, line.length, null, () => {});
  }
}

/** With the quotation marks of the user's locale. */
export function quoted(word: Buffer): string {
  return quoteWord(word, characterSet().toUpperCase() === 'UTF-8');
}
