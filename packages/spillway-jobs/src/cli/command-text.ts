/** A job's command for people. */
import { tools } from './tools.js';

/** As a user would type it, on one line; a longer one, which may be a megabyte, is cut off. */
export function commandText(argv: readonly string[], most = 2000): string {
  let text = '';
  for (const word of argv) {
    if (text.length > most) return `${text} …`;
    const part = word.length > most ? `${tools.shellWord(word.slice(0, most))}…` : tools.shellWord(word);
    text += `${text === '' ? '' : ' '}${part}`;
  }
  return text;
}
