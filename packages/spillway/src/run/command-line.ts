/** A command as one would type it. */
import { shellWord } from '../process/index.js';

/** Quoted for a POSIX shell where it needs to be, control characters escaped, cut when it is very long. */
export function formatCommand(file: string, args: readonly string[]): string {
  const text = [file, ...args].map(shellWord).join(' ');
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${args.length} arguments)` : text;
}

const LONGEST = 400;
