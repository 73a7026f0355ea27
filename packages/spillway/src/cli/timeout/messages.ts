/** What timeout(1) says, on stderr, in GNU's words. */
import { write } from 'node:fs';
import { canWriteAtOnce, characterSet } from '../../system/index.js';
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
 * The same where nothing may wait for a reader of stderr who has stopped reading: then the line is written when there is room, or
 * never.
 */
export function sayWithoutWaiting(text: string): void {
  if (canWriteAtOnce(2)) sayOfTimeout(text);
  else write(2, `${NAME}: ${text}\n`, () => {});
}

/** In the quotation marks of the user's language. */
export function quoted(word: Buffer): string {
  return quoteWord(word, characterSet().toUpperCase() === 'UTF-8');
}
